import { byteQueue, type ByteQueue } from './byte-queue.ts';

/** An answer as it came, whole. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; what came more than once is joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether no other answer comes on this connection. */
  readonly last: boolean;
}

export interface ResponseReader {
  /**
   * The answers that have become whole with these bytes.
   * @throws Error when it is not HTTP/1.1, and what `exceeded` gives when a body is larger than the limit
   */
  push(bytes: Buffer): readonly HttpResponse[];
  /** What the end of the connection makes whole: an answer whose length nothing else tells. */
  end(): HttpResponse | undefined;
}

export interface BodyLimit {
  /** Bytes. */
  readonly size: number;
  readonly exceeded: () => Error;
}

/** What the reading of an answer waits for; `rest`: all until the connection ends. */
type Need = { readonly kind: 'line' } | { readonly kind: 'bytes'; readonly count: number } | { readonly kind: 'rest' };
type Reading<T> = Generator<Need, T, Buffer>;

const line: Need = { kind: 'line' };
const maxLine = 16_384;
const maxHeaders = 200;

/**
 * Reads what a server answers to requests that were sent one after the other on a connection (RFC 9112). Whatever
 * leaves a doubt about where an answer ends is refused. Node's own client does this as well, but costs a call 7 ms
 * (docs/adr/0007-api-client.md).
 */
export function responseReader(limit: BodyLimit): ResponseReader {
  const queue = byteQueue();
  let [reading, need] = begin(limit);
  const advance = (bytes: Buffer): HttpResponse | undefined => {
    const step = reading.next(bytes);
    if (step.done === true) [reading, need] = begin(limit);
    else need = step.value;
    return step.done === true ? step.value : undefined;
  };
  return {
    push(bytes) {
      queue.push(bytes);
      const whole: HttpResponse[] = [];
      for (let supply = supplyOf(queue, need); supply !== undefined; supply = supplyOf(queue, need)) {
        const response = advance(supply);
        if (response !== undefined) whole.push(response);
      }
      if (queue.length() > limit.size) throw limit.exceeded();
      return whole;
    },
    end: () => (need.kind === 'rest' ? advance(queue.take(queue.length())) : undefined),
  };
}

function begin(limit: BodyLimit): [Reading<HttpResponse>, Need] {
  const reading = readResponse(limit);
  reading.next();
  // With the status line, every answer begins.
  return [reading, line];
}

/** undefined: not all of it is there yet. */
function supplyOf(queue: ByteQueue, need: Need): Buffer | undefined {
  if (need.kind === 'rest') return undefined;
  if (need.kind === 'bytes') return queue.length() < need.count ? undefined : queue.take(need.count);
  const end = queue.indexOf(0x0a);
  if (end >= maxLine || (end < 0 && queue.length() >= maxLine)) throw notHTTP('has a line that is too long');
  return end < 0 ? undefined : queue.take(end + 1);
}

function* readResponse(limit: BodyLimit): Reading<HttpResponse> {
  for (;;) {
    const [, minor, code] = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/.exec(textOf(yield line)) ?? [];
    if (code === undefined) throw notHTTP('does not begin with "HTTP/1.1"');
    const headers = yield* readHeaders();
    const status = Number(code);
    if (status === 101) throw notHTTP('changes the protocol');
    // What comes before the answer proper: 100 Continue, 103 Early Hints.
    if (status < 200) continue;
    const [body, isDelimited] = yield* readBody(status, headers, limit);
    const closes = /(?:^|,)\s*close\s*(?:,|$)/i.test(headers.get('connection') ?? '');
    return { status, headers, body, last: !isDelimited || closes || minor === '0' };
  }
}

function* readHeaders(): Reading<ReadonlyMap<string, string>> {
  const headers = new Map<string, string>();
  for (let count = 0; count < maxHeaders; count++) {
    const text = textOf(yield line);
    if (text === '') return headers;
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(text) ?? [];
    if (name === undefined) throw notHTTP('has a line that is no header');
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before},${value}`);
  }
  throw notHTTP('has too many headers');
}

/** The body, and whether its end is marked by anything but the end of the connection (RFC 9112, section 6.3). */
function* readBody(
  status: number,
  headers: ReadonlyMap<string, string>,
  limit: BodyLimit,
): Reading<readonly [body: Buffer, isDelimited: boolean]> {
  const [coding, length] = [headers.get('transfer-encoding'), headers.get('content-length')];
  if (status === 204 || status === 304) return [Buffer.alloc(0), true];
  if (coding !== undefined && length !== undefined) throw notHTTP('has two lengths');
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw notHTTP('has a transfer-encoding other than chunked');
    return [yield* readChunks(limit), true];
  }
  if (length === undefined) return [yield { kind: 'rest' }, false];
  if (!/^\d{1,15}$/.test(length)) throw notHTTP('has a content-length that is no number');
  return [yield bytesOf(Number(length), limit), true];
}

function* readChunks(limit: BodyLimit): Reading<Buffer> {
  const chunks: Buffer[] = [];
  for (let total = 0; ;) {
    const [, digits] = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?$/.exec(textOf(yield line)) ?? [];
    if (digits === undefined) throw notHTTP('has a chunk without a length');
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    total += size;
    // The larger ones are refused before they have come.
    if (total > limit.size) throw limit.exceeded();
    chunks.push(yield bytesOf(size, limit));
    if (textOf(yield line) !== '') throw notHTTP('has a chunk that is longer than it says');
  }
  // Trailers, which nobody asked for.
  yield* readHeaders();
  return Buffer.concat(chunks);
}

function bytesOf(count: number, limit: BodyLimit): Need {
  if (count > limit.size) throw limit.exceeded();
  return { kind: 'bytes', count };
}

/** A line without its end. A lone LF ends one too (RFC 9112, section 2.2); a lone CR is in none. */
function textOf(bytesOfLine: Buffer): string {
  const text = bytesOfLine.toString('latin1').replace(/\r?\n$/, '');
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u0008\u000A-\u001F\u007F]/.test(text)) throw notHTTP('has control characters in a header');
  return text;
}

function notHTTP(problem: string): Error {
  return new Error(`the answer is not HTTP/1.1: it ${problem}`);
}
