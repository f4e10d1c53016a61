import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { registerProcessMetrics } from '../../src/system/process-metrics.ts';

it('agent and controller tell of their processor, memory and event loop', async () => {
  const registry = new Registry();
  registerProcessMetrics(registry);
  const text = await registry.metrics();
  const names = ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'];
  for (const name of names) expect(text).toMatch(new RegExp(`^${name} [0-9.e-]+$`, 'mu'));
});
