/** Aborted by the first SIGTERM or SIGINT; the second one ends the process at once. */
export function untilAsked(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}
