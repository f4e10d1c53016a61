import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../fixture/until.ts';
import { createResources } from '../fixture/resources.ts';
import { startBed, type Bed } from './bed.ts';
import { whyNot } from './machine.ts';
import { loseContainers, powerOff, powerOn } from './node/power.ts';
import { readSandboxes } from './node/sandboxes.ts';
import { applyDeployment, isRunning, nameOf, podsOf, rolledOut, secondaryIpsOf } from './pods.ts';

const web = { name: 'web', replicas: 3, networks: 'blue,green' };

describe.skipIf((await whyNot()) !== undefined)('a Node that is switched off and on', () => {
  const resources = createResources();
  let bed: Bed;
  let before: ReadonlySet<string>;

  beforeAll(async () => {
    // A sandbox counts as gone after twice this time.
    bed = await resources.use(startBed({ nodeFile: { timeoutSeconds: 10 } }));
    await applyDeployment(bed.admin, web);
    await rolledOut(bed.admin, 'web');
  });

  afterAll(resources.release);

  beforeEach(() => {
    before = new Set(readSandboxes(bed.capsule).map(({ containerId }) => containerId));
  });

  it('has all Pods running again, with nothing left of the sandboxes before', async () => {
    await powerOff(bed, bed.antrea);
    expect(await bed.held()).toHaveLength(2 * web.replicas);
    await powerOn(bed, bed.antrea);
    await expectNewSandboxes();
  });

  it('has them running, and nothing left, when the container runtime has forgotten all, and calls no DEL', async () => {
    await powerOff(bed, bed.antrea);
    await loseContainers(bed);
    await powerOn(bed, bed.antrea);
    await expectNewSandboxes();
  });

  it('cleans up after Pods that were deleted while it was off', async () => {
    await powerOff(bed, bed.antrea);
    await loseContainers(bed);
    await applyDeployment(bed.admin, { ...web, replicas: 0 });
    const gone = async (): Promise<boolean> => (await podsOf(bed.admin, 'web')).every((pod) => !isRunning(pod));
    await until(gone, { what: 'the deletion of all Pods', timeoutMs: 60_000, everyMs: 100 });
    await powerOn(bed, bed.antrea);
    await bed.empty(180_000);
    expect(await bed.held()).toEqual([]);
  });

  async function expectNewSandboxes(): Promise<void> {
    await until(allAnew, { what: 'all Pods in new sandboxes', timeoutMs: 120_000, everyMs: 200 });
    await bed.clean(180_000);
    const pods = await podsOf(bed.admin, 'web');
    const ips = pods.flatMap(secondaryIpsOf);
    expect(new Set(ips).size).toBe(2 * web.replicas);
    expect((await bed.held()).map((one) => one.replace(/^.*\//u, '')).toSorted()).toEqual(ips.toSorted());
    const [one, other] = pods;
    if (one === undefined || other === undefined) throw new Error('there are no two Pods');
    for (const address of secondaryIpsOf(other)) await bed.inPod(nameOf(one), 'ping', '-c1', '-W5', '-n', address);
  }

  async function allAnew(): Promise<boolean> {
    const anew = readSandboxes(bed.capsule).filter(({ containerId }) => !before.has(containerId));
    const pods = await podsOf(bed.admin, 'web');
    const hasSandbox = (pod: string): boolean => anew.some((one) => one.pod === pod);
    return pods.length === web.replicas && pods.every((pod) => isRunning(pod) && hasSandbox(nameOf(pod)));
  }
});
