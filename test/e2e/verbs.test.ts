import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Output } from '../fixture/command.ts';
import { findCnitool } from '../fixture/go-tool.ts';
import { createResources } from '../fixture/resources.ts';
import { startBed, type Bed } from './bed.ts';
import { whyNot } from './machine.ts';
import { loseContainers, powerOff } from './node/power.ts';
import { primary } from './node/node.ts';
import { applyDeployment, rolledOut } from './pods.ts';

const found = await findCnitool();

/** containerd 1.6 calls neither; nor does Debian's `bridge` know the version of CNI that has them. So ours is asked alone. */
describe.skipIf(found.path === undefined || (await whyNot()) !== undefined)('STATUS and GC of a newer runtime', () => {
  const resources = createResources();
  const newer = '/etc/cni/newer.d';
  let bed: Bed;

  beforeAll(async () => {
    bed = await resources.use(startBed());
    const { capsule } = bed;
    mkdirSync(capsule.hostPath(newer));
    // What a runtime that knows of no sandbox would tell; cnitool tells nothing.
    const plugins = [{ type: 'antrea', networkType: 'secondary', 'cni.dev/valid-attachments': [] }];
    const list = { cniVersion: '1.1.0', name: primary.name, plugins };
    writeFileSync(join(capsule.hostPath(newer), 'pods.conflist'), JSON.stringify(list));
    await applyDeployment(bed.admin, { name: 'web', replicas: 3, networks: 'blue,green' });
    await rolledOut(bed.admin, 'web');
  });

  afterAll(resources.release);

  it('hears that Pods could start', async () => {
    expect(await cnitool('status')).toMatchObject({ code: 0, stderr: '' });
  });

  it('hears that Pods could not start while the API server is away', async () => {
    await bed.cluster.kill();
    const answer = await cnitool('status');
    await bed.cluster.restart();
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toMatch(/API server/u);
  });

  it('has all taken back that belongs to no sandbox which it knows', async () => {
    await powerOff(bed, bed.antrea);
    await loseContainers(bed);
    // By which libcni itself would call DEL for each of them.
    await bed.capsule.exec('rm', '-r', '/var/lib/cni/results');
    expect(await bed.held()).toHaveLength(6);
    await bed.ovs.restart();
    expect(await cnitool('gc')).toMatchObject({ code: 0, stderr: '' });
    expect(await bed.held()).toEqual([]);
    await bed.clean(1000);
  });

  /** It wants a network namespace for these verbs, too, and does nothing with it. */
  async function cnitool(verb: string): Promise<Output> {
    const env = { NETCONFPATH: newer, CNI_PATH: '/opt/cni/bin' };
    return bed.capsule.run([found.path ?? '', verb, primary.name, '/proc/self/ns/net'], { env });
  }
});
