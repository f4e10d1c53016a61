import { cleanup } from './cleanup/service.ts';
import type { Service } from './context.ts';
import { installation } from './install/service.ts';
import { addresses } from './socket/service.ts';
import { pods } from './pods/service.ts';
import { ports } from './ports/service.ts';

/** What the agent does besides keeping the bridge, in the order in which it is started. */
export const services: readonly Service[] = [ports, addresses, installation, cleanup, pods];
