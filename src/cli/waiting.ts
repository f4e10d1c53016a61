import type { KubeClient } from '../kube/client.ts';
import { printable } from './output/printable.ts';
import type { Terminal } from './terminal.ts';

export interface Waiting {
  readonly terminal: Pick<Terminal, 'err'>;
  /** Milliseconds that a request may take in all. */
  readonly limit: number;
}

/** Milliseconds after which a person wonders. */
const silence = 1000;

/** The same client, which says on stderr, once, what is waited for. */
export function announced(client: KubeClient, { terminal, limit }: Waiting): KubeClient {
  let said = false;
  const say = (): void => {
    if (!said) terminal.err(`waiting for the API server ${printable(client.server)}, up to ${limit / 1000} s\n`);
    said = true;
  };
  return {
    send: async (request) => {
      const timer = setTimeout(say, silence);
      try {
        return await client.send(request);
      } finally {
        clearTimeout(timer);
      }
    },
    get server() {
      return client.server;
    },
    close: () => client.close(),
  };
}
