import type { FailureKind } from '../system/failure.ts';

export const exitCodes = { ok: 0, failed: 1, usage: 2, notFound: 3, refused: 4 } as const;

export function exitCodeOf(kind: FailureKind): number {
  if (kind === 'not-found') return exitCodes.notFound;
  return kind === 'refused' ? exitCodes.refused : exitCodes.failed;
}
