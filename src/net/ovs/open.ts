import type { OvsDriverName } from '../../config/node-file.ts';
import type { OvsDriver } from './driver.ts';
import { socketDriver } from './socket/driver.ts';
import { vsctlDriver, type VsctlOptions } from './vsctl/driver.ts';

export function openOvs(driver: OvsDriverName, options: VsctlOptions): OvsDriver {
  return driver === 'ovsdb' ? socketDriver(options) : vsctlDriver(options);
}
