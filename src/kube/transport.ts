import { createConnection, type Answered, type Connection } from './connection.ts';
import { connector } from './connector.ts';
import type { ClusterAccess } from './kubeconfig.ts';

export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Milliseconds for all of it: waiting for the connection, connecting, the whole answer. */
  readonly timeout: number;
}

export type Outcome =
  | { readonly status: number; readonly retryAfter: string | undefined; readonly text: string }
  /** No whole answer came. `sent`: the server may have acted nevertheless. */
  | { readonly status: undefined; readonly error: unknown; readonly sent: boolean };

export interface Transport {
  /**
   * One request, tried once. Redirects are not followed. What is asked for at the same time shares the way there and
   * back, but for requests that change something, which go one after the other. Rejects only with what createTransport()
   * throws.
   */
  exchange(exchange: Exchange): Promise<Outcome>;
  /** Ends when all that is under way has been answered. */
  retire(): void;
  close(): void;
}

/**
 * HTTP/1.1 to one server over one connection that is kept: a handshake costs more than a request. Without Node's own
 * HTTP client, which costs a call 7 ms (docs/adr/0007-api-client.md).
 * @param sole see ClientOptions
 * @throws Failure `config` when the certificates cannot be used
 */
export function createTransport(access: ClusterAccess, sole: boolean): Transport {
  const open = connector(access, sole);
  const line: Line = {
    connect: () => createConnection(open),
    queue: [],
    underWay: new Set(),
    connection: undefined,
    isRetired: false,
  };
  return {
    exchange: async (exchange) => {
      const item = { text: requestText(access, exchange), exchange };
      return new Promise((resolve) => {
        enqueue(line, item, (answered) => resolve(outcomeOf(answered)));
      });
    },
    retire: () => {
      line.isRetired = true;
      proceed(line);
    },
    close: () => close(line),
  };
}

interface Line {
  readonly connect: () => Connection;
  /** What is not sent yet. */
  readonly queue: Item[];
  readonly underWay: Set<Item>;
  connection: Connection | undefined;
  isRetired: boolean;
}

interface Item {
  readonly exchange: Exchange;
  /** All that is sent. */
  readonly text: string;
  readonly settle: (answered: Answered) => void;
}

function enqueue(line: Line, request: Omit<Item, 'settle'>, onEnd: Item['settle']): void {
  const { timeout } = request.exchange;
  const timer = setTimeout(() => giveUp(line, item, new Error(`no answer within ${timeout} ms`)), timeout);
  const settle = (answered: Answered): void => {
    clearTimeout(timer);
    onEnd(answered);
  };
  const item: Item = { ...request, settle };
  line.queue.push(item);
  proceed(line);
}

function proceed(line: Line): void {
  const { queue, underWay } = line;
  for (let [item] = queue; item !== undefined && mayFollow(underWay, item); [item] = queue) {
    queue.shift();
    start(line, item);
  }
  if (line.isRetired && underWay.size === 0) close(line);
}

function close({ connection }: Line): void {
  connection?.end(new Error('the connection was closed'));
}

function start(line: Line, item: Item): void {
  const done = (answered: Answered): void => {
    line.underWay.delete(item);
    item.settle(answered);
    proceed(line);
  };
  line.underWay.add(item);
  try {
    if (line.connection?.isOpen() !== true) line.connection = line.connect();
    line.connection.send(item.text, done);
  } catch (error) {
    done({ response: undefined, error, sent: false });
  }
}

/** What is under way on the same connection fails with it: nobody knows what its answers belong to. */
function giveUp({ queue, connection }: Line, item: Item, error: Error): void {
  const place = queue.indexOf(item);
  if (place < 0) {
    connection?.end(error);
    return;
  }
  queue.splice(place, 1);
  item.settle({ response: undefined, error, sent: false });
}

/** Of what changes something, one is under way at a time, so that its outcome is known before the next. */
function mayFollow(underWay: ReadonlySet<Item>, item: Item): boolean {
  return isGet(item) || Array.from(underWay).every(isGet);
}

function isGet({ exchange }: Item): boolean {
  return exchange.method === 'GET';
}

function outcomeOf(answered: Answered): Outcome {
  if (answered.response === undefined) return { status: undefined, error: answered.error, sent: answered.sent };
  const { status, headers, body } = answered.response;
  return { status, retryAfter: headers.get('retry-after'), text: body.toString('utf8') };
}

function requestText({ server }: ClusterAccess, { method, target, headers, body }: Exchange): string {
  const { host, port, secure } = server;
  const usual = port === (secure ? 443 : 80) ? '' : `:${port}`;
  const all = Object.entries({
    host: `${host.includes(':') ? `[${host}]` : host}${usual}`,
    ...headers,
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
  });
  const lines = [`${method} ${server.base}${target} HTTP/1.1`, ...all.map(([key, value]) => `${key}: ${value}`)];
  if (lines.every((line) => /^[ -~]*$/.test(line))) return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
  throw new TypeError(`${method} ${target} is no request that can be sent: expected printable ASCII`);
}
