import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createResources } from '../fixture/resources.ts';
import { startBed, type Bed } from './bed.ts';
import { whyNot } from './machine.ts';
import { applyDeployment, deleteDeployment, podsOf, rolledOut, secondaryIpsOf } from './pods.ts';

const count = 100;

describe.skipIf((await whyNot()) !== undefined)('100 Pods with two networks each, created and deleted at once', () => {
  const resources = createResources();
  let bed: Bed;

  beforeAll(async () => {
    bed = await resources.use(startBed());
  });

  afterAll(resources.release);

  it.each([1, 2, 3])('all run, with no address given twice, and leave nothing (round %i)', async () => {
    await applyDeployment(bed.admin, { name: 'crowd', replicas: count, networks: 'blue,green' });
    await rolledOut(bed.admin, 'crowd', 300_000);
    const ips = (await podsOf(bed.admin, 'crowd')).flatMap(secondaryIpsOf);
    expect(new Set(ips).size).toBe(2 * count);
    expect((await bed.held()).map((one) => one.replace(/^.*\//u, '')).toSorted()).toEqual(ips.toSorted());
    await deleteDeployment(bed.admin, 'crowd');
    await bed.empty(240_000);
    expect(await bed.held()).toEqual([]);
  });
});
