import { describe, expect, it } from 'vitest';
import { renewedAccess, type Fetched } from '../../../src/cli/kubeconfig/renewed-access.ts';
import type { ClusterAccess } from '../../../src/kube/kubeconfig.ts';
import { Failure } from '../../../src/system/failure.ts';

const minute = 60_000;
const nothing = { refused: undefined, patience: minute };

describe('credentials that a program fetches', () => {
  it('are kept until they expire', async () => {
    const { renewed, pass, runs } = setUp();
    pass(minute - 1);
    expect([await renewed(nothing), runs()]).toStrictEqual(['token-0', 0]);
    pass(1);
    expect([await renewed(nothing), runs()]).toStrictEqual(['token-1', 1]);
  });

  it('are those of one run, for all who need others at a time', async () => {
    const { renewed, pass, runs } = setUp();
    pass(minute);
    expect(await Promise.all([renewed(nothing), renewed(nothing)])).toStrictEqual(['token-1', 'token-1']);
    expect(runs()).toBe(1);
  });

  it('are others when these are refused, and not when earlier ones were', async () => {
    const { access, renewed, runs } = setUp();
    const refused = await access.renewed?.(nothing);
    expect(await renewed({ refused, patience: minute })).toBe('token-1');
    expect([await renewed({ refused, patience: minute }), runs()]).toStrictEqual(['token-1', 1]);
    expect(access.token()).toBe('token-1');
  });

  it('are the same for some seconds when the new ones are refused, too', async () => {
    const { access, renewed, pass, runs } = setUp();
    const refuse = async (): Promise<string | undefined> => {
      return renewed({ refused: await access.renewed?.(nothing), patience: minute });
    };
    expect([await refuse(), await refuse(), runs()]).toStrictEqual(['token-1', 'token-1', 1]);
    pass(5000);
    expect([await refuse(), runs()]).toStrictEqual(['token-2', 2]);
  });

  it('are the same where the API server is not believed: the kubeconfig is read again, and no program run', async () => {
    const { access, runs } = setUp();
    const distrusting = await access.renewed?.(nothing);
    const next = await access.renewed?.({ distrusting, patience: minute });
    expect([next?.servername, next?.token(), runs()]).toStrictEqual(['renewed', 'token-0', 0]);
    expect(await access.renewed?.({ distrusting, patience: minute })).toBe(next);
  });

  it('are not to be had while the program fails, which is not run for each request', async () => {
    const { renewed, pass, runs, fail } = setUp();
    pass(minute);
    fail(new Failure('config', 'the program has no idea'));
    for (const _ of [1, 2]) await expect(renewed(nothing)).rejects.toThrow('the program has no idea');
    expect(runs()).toBe(1);
    fail(undefined);
    pass(5000);
    expect([await renewed(nothing), runs()]).toStrictEqual(['token-2', 2]);
  });

  it('are waited for no longer than there is time, and used when they have come', async () => {
    const { renewed, pass, hang } = setUp();
    pass(minute);
    const release = hang();
    const late = renewed({ refused: undefined, patience: 20 });
    await expect(late).rejects.toMatchObject({ kind: 'unavailable' });
    const patient = renewed(nothing);
    release();
    expect(await patient).toBe('token-1');
  });
});

interface SetUp {
  readonly access: ClusterAccess;
  /** The token that is to be sent. */
  readonly renewed: (...asked: Parameters<NonNullable<ClusterAccess['renewed']>>) => Promise<string | undefined>;
  readonly pass: (milliseconds: number) => void;
  readonly runs: () => number;
  readonly fail: (failure: Failure | undefined) => void;
  /** The next runs wait for what it returns. */
  readonly hang: () => () => void;
}

function setUp(): SetUp {
  let [time, runs] = [1_000_000, 0];
  let failure: Failure | undefined;
  let held: Promise<void> = Promise.resolve();
  const fetched = (): Fetched => ({
    access: accessWith(`token-${runs}`),
    expires: time + minute,
    reread: async () => ({ ...accessWith(`token-${runs}`), servername: 'renewed' }),
  });
  const access = renewedAccess(fetched(), {
    now: () => time,
    clock: () => time,
    fetch: async () => {
      runs += 1;
      await held;
      if (failure !== undefined) throw failure;
      return fetched();
    },
  });
  return {
    access,
    renewed: async (asked) => (await access.renewed?.(asked))?.token(),
    pass: (milliseconds) => (time += milliseconds),
    runs: () => runs,
    fail: (next) => (failure = next),
    hang: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
  };
}

function accessWith(token: string): ClusterAccess {
  const server = { secure: true, host: '127.0.0.1', port: 6443, base: '' };
  return { server, ca: undefined, servername: undefined, clientCertificate: undefined, token: () => token };
}
