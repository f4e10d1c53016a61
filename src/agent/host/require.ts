import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import { checkLibraries } from './libraries.ts';
import { checkTools } from './tools.ts';

/** @throws Failure, or AggregateError of several: `not-ready`, for each library and program that the plugin would miss */
export function requireHost(exec: Exec): void {
  const missing = [...checkLibraries(), ...checkTools(exec)].filter(({ state }) => state === 'fail');
  const failures = missing.map(
    ({ name, message, advice = '' }) => new Failure('not-ready', `${name}: ${message}`, { details: advice }),
  );
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new AggregateError(failures);
}
