import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createSocketMetrics } from '../../../src/agent/socket/metrics.ts';

it('Prometheus reads how many requests are under way at that moment', async () => {
  const registry = new Registry();
  const { underWay } = createSocketMetrics(registry);
  let count = 0;
  underWay(() => count);
  for (count of [3, 1]) expect(await registry.metrics()).toContain(`\nantrea_agent_ipam_requests ${count}\n`);
});
