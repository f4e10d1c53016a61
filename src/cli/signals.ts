const endings = ['SIGTERM', 'SIGINT'] as const;

/** Aborted by the first SIGTERM or SIGINT; the second one, whichever it is, ends the process at once. */
export function untilAsked(): AbortSignal {
  const controller = new AbortController();
  const asked = (): void => {
    for (const ending of endings) process.off(ending, asked);
    controller.abort();
  };
  for (const ending of endings) process.on(ending, asked);
  return controller.signal;
}
