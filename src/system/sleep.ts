/** Milliseconds, 24 days: a timer that is set to more ends at once. */
const longestTimer = 2 ** 31 - 1;

/**
 * Does not block: sockets are served meanwhile. Ends early, without an error, with the signal, and after the longest
 * time that a timer knows.
 */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(milliseconds, longestTimer));
    signal?.addEventListener('abort', end, { once: true });
  });
}
