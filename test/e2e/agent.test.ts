import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createResources } from '../fixture/resources.ts';
import { until } from '../fixture/until.ts';
import { startBed, type Bed } from './bed.ts';
import { whyNot } from './machine.ts';
import { applyDeployment, deleteDeployment, isRunning, nameOf, podsOf, rolledOut, secondaryIpsOf } from './pods.ts';

describe.skipIf((await whyNot()) !== undefined)('Pods, and an agent that comes and goes', () => {
  const resources = createResources();
  let bed: Bed;

  beforeAll(async () => {
    bed = await resources.use(startBed());
    await applyDeployment(bed.admin, { name: 'steady', replicas: 2, networks: 'blue,green' });
    await rolledOut(bed.admin, 'steady');
  });

  afterAll(resources.release);

  it('start and end while the agent is stopped, and leave nothing', async () => {
    await bed.antrea.agent.end('SIGTERM');
    const before = await bed.held();
    await applyDeployment(bed.admin, { name: 'late', replicas: 3, networks: 'blue,green' });
    await rolledOut(bed.admin, 'late');
    expect(await bed.held()).toHaveLength(before.length + 6);
    await expectReach('late');
    await end('late');
    expect(await bed.held()).toEqual(before);
    await bed.antrea.startAgent();
    await bed.clean();
  });

  it('lose no packet when the agent is killed, and when it comes back', async () => {
    const [one, other] = await podsOf(bed.admin, 'steady');
    if (one === undefined || other === undefined) throw new Error('there are no two Pods');
    const [blue = ''] = secondaryIpsOf(other);
    // Six seconds, unless it takes the agent longer to come back.
    const pinged = bed.inPod(nameOf(one), 'ping', '-i', '0.05', '-c', '120', '-W5', '-n', blue);
    await bed.antrea.agent.end('SIGKILL');
    await bed.antrea.startAgent();
    expect(await pinged).toMatch(/120 packets transmitted, 120 received, 0% packet loss/u);
  });

  it('start and end while the agent is killed again and again, and leave nothing', async () => {
    const before = await bed.held();
    const work = async (): Promise<void> => {
      await applyDeployment(bed.admin, { name: 'busy', replicas: 12, networks: 'blue,green' });
      await rolledOut(bed.admin, 'busy');
      await applyDeployment(bed.admin, { name: 'busy', replicas: 12, networks: 'blue,green', env: { VERSION: '2' } });
      await rolledOut(bed.admin, 'busy', 240_000);
    };
    const done = new AbortController();
    const worked = work().finally(() => done.abort());
    while (!done.signal.aborted) {
      await bed.antrea.agent.end('SIGKILL');
      await bed.antrea.startAgent();
    }
    await worked;
    await expectReach('busy');
    await end('busy');
    expect(await bed.held()).toEqual(before);
  });

  async function expectReach(app: string): Promise<void> {
    const [one, other] = (await podsOf(bed.admin, app)).filter(isRunning);
    if (one === undefined || other === undefined) throw new Error('there are no two Pods');
    for (const address of secondaryIpsOf(other)) await bed.inPod(nameOf(one), 'ping', '-c1', '-W5', '-n', address);
  }

  async function end(app: string): Promise<void> {
    await deleteDeployment(bed.admin, app);
    const gone = async (): Promise<boolean> => (await podsOf(bed.admin, app)).length === 0;
    await until(gone, { what: `the end of ${app}`, timeoutMs: 120_000, everyMs: 100 });
    await bed.clean();
  }
});
