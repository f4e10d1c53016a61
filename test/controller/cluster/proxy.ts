import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:https';
import type { Cluster } from '../../cluster/cluster.ts';
import { listenOnFreePort } from '../../fixture/loopback.ts';

/** Stands in front of the API server, with a certificate that clients trust. */
export interface ApiProxy {
  readonly server: string;
  /** What watches of this path have to tell from now on, does not come through. */
  readonly holdWatch: (path: string) => void;
  /** Lets through what was held. */
  readonly release: () => void;
  /** Answers requests whose path begins like this by itself; undefined: no more. */
  readonly answer: (own: OwnAnswer | undefined) => void;
  /** How often it has done so. */
  readonly answered: () => number;
  readonly stop: () => Promise<void>;
}

export interface OwnAnswer {
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

export async function startProxy({ port, authority }: Pick<Cluster, 'port' | 'authority'>): Promise<ApiProxy> {
  const pair = await authority.issue({ name: 'proxy', subject: '/CN=proxy', names: 'IP:127.0.0.1' });
  const ca = readFileSync(authority.certificate, 'utf8');
  let heldPath: string | undefined;
  let kept: (() => void)[] = [];
  let own: OwnAnswer | undefined;
  let answered = 0;
  const isHeld = (url: string): boolean =>
    heldPath !== undefined && url.startsWith(`${heldPath}?`) && url.includes('watch=');
  const pass = (url: string, step: () => void): void => {
    if (isHeld(url)) kept.push(step);
    else step();
  };
  const passOn = (from: IncomingMessage, to: ServerResponse): void => {
    const { method, url = '', headers } = from;
    const upstream = request({ host: '127.0.0.1', port, ca, method, path: url, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      to.flushHeaders();
      answer.on('data', (chunk: Buffer) => pass(url, () => void to.write(chunk)));
      answer.on('end', () => pass(url, () => void to.end()));
      answer.on('error', () => to.destroy());
    });
    to.on('close', () => upstream.destroy());
    upstream.on('error', () => to.destroy());
    from.pipe(upstream);
  };
  const server = createServer({ cert: readFileSync(pair.certificate), key: readFileSync(pair.key) }, (from, to) => {
    if (own === undefined || from.url?.startsWith(own.path) !== true) {
      passOn(from, to);
      return;
    }
    answered += 1;
    to.writeHead(own.status).end(own.body);
  });
  const ownPort = await listenOnFreePort(server);
  return {
    server: `https://127.0.0.1:${ownPort}`,
    holdWatch: (path) => void (heldPath = path),
    release() {
      heldPath = undefined;
      for (const step of kept) step();
      kept = [];
    },
    answer: (answer) => void (own = answer),
    answered: () => answered,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
