import { Failure, messageOf } from '../../system/failure.ts';
import type { RuntimeClient } from './client.ts';
import type { ListedSandbox } from './messages.ts';
import { NoRuntime } from './no-runtime.ts';
import type { RuntimeSockets } from './sockets.ts';

/** What the container runtimes of this Node say about a sandbox; `unknown`: not all of them could be asked, or there is none. */
export type SandboxState = ListedSandbox['state'] | 'absent' | 'unknown';

export interface KnownSandboxes {
  readonly stateOf: (containerID: string) => SandboxState;
  /** Whether there is a runtime, each one has answered, and some sandbox is ready. */
  readonly trusted: boolean;
  /** Why not all have answered; undefined when there is just no runtime. */
  readonly problem: string | undefined;
}

/** The runtimes of a Node. */
export interface Runtimes {
  /** @param sockets where they are now */
  readonly list: (sockets: RuntimeSockets) => Promise<KnownSandboxes>;
  readonly close: () => void;
}

/** @param open has to be quick, and connects only when something is asked */
export function runtimesBy(open: (socket: string) => Promise<RuntimeClient>): Runtimes {
  const clients = new Map<string, Promise<RuntimeClient>>();
  const clientAt = async (socket: string): Promise<RuntimeClient> => {
    const client = clients.get(socket) ?? open(socket);
    clients.set(socket, client);
    return client;
  };
  return {
    async list({ paths, configured }) {
      const answers = await Promise.all(paths.map(async (path) => ask(() => clientAt(path))));
      return known(answers.filter((answer) => configured || !(answer instanceof NoRuntime)));
    },
    close: () => {
      for (const client of clients.values()) void client.then(({ close }) => close());
    },
  };
}

type Answer = readonly ListedSandbox[] | Failure;

async function ask(client: () => Promise<RuntimeClient>): Promise<Answer> {
  try {
    return await (await client()).listSandboxes();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function known(answers: readonly Answer[]): KnownSandboxes {
  const failures = answers.filter((answer) => answer instanceof Failure);
  const sandboxes = answers.flatMap((answer) => (answer instanceof Failure ? [] : answer));
  const states = new Map(sandboxes.map(({ id, state }) => [id, state]));
  const complete = answers.length > 0 && failures.length === 0;
  return {
    stateOf: (containerID) => states.get(containerID) ?? (complete ? 'absent' : 'unknown'),
    trusted: complete && sandboxes.some(({ state }) => state === 'ready'),
    problem: failures.length === 0 ? undefined : failures.map(messageOf).join('; '),
  };
}
