export interface StreamBinding {
  readonly WriteWrap: new () => { oncomplete?: (status: number) => void };
  readonly ShutdownWrap: new () => object;
  /** Tells about the last read, by index. */
  readonly streamBaseState: Readonly<Record<number, number>>;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
  readonly kLastWriteWasAsync: number;
}

/** What a pipe, a TCP connection and TLS upon it have in common in Node's bindings. Status numbers are 0 or a negative errno. */
export interface StreamHandle {
  onread: (chunk: ArrayBuffer | undefined) => void;
  readStart(): number;
  writeUtf8String(request: object, text: string): number;
}

export interface ByteStream {
  /** Everything that is written is sent in order. */
  write(text: string): void;
  /** Nothing is received any more. */
  close(): void;
}

export interface Receiver {
  readonly onData: (chunk: Buffer) => void;
  /** The other side closed the connection, or it broke: once, and nothing comes after it. */
  readonly onEnd: (reason: string) => void;
}

/** No connection was had: nothing was sent. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /** `ENOENT`, `ECONNREFUSED`, `EAGAIN` (the listener's backlog is full), … */
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** @param close of everything below the handle, too */
export function streamOn(handle: StreamHandle, close: () => void, { onData, onEnd }: Receiver): ByteStream {
  const { streamBaseState, kReadBytesOrError, kArrayBufferOffset } = process.binding('stream_wrap');
  let open = true;
  const end = (reason: string): void => {
    if (!open) return;
    open = false;
    close();
    onEnd(reason);
  };
  handle.onread = (chunk) => {
    const length = streamBaseState[kReadBytesOrError] ?? 0;
    if (chunk === undefined || length < 0) end(errorName(length));
    else if (open && length > 0) onData(Buffer.from(chunk, streamBaseState[kArrayBufferOffset], length));
  };
  handle.readStart();
  const write = writerTo(handle, (status) => end(errorName(status)));
  return {
    write: (text) => {
      if (open) write(text);
    },
    close: () => {
      if (open) close();
      open = false;
    },
  };
}

/** TLS takes no write before the one before it is done. */
function writerTo(handle: StreamHandle, fail: (status: number) => void): (text: string) => void {
  const { WriteWrap, streamBaseState, kLastWriteWasAsync } = process.binding('stream_wrap');
  let [waiting, isWriting] = ['', false];
  const proceed = (): void => {
    if (waiting === '' || isWriting) return;
    const request = Object.assign(new WriteWrap(), { oncomplete });
    isWriting = true;
    const status = handle.writeUtf8String(request, waiting);
    waiting = '';
    // What could be written at once calls nobody.
    if (status !== 0 || streamBaseState[kLastWriteWasAsync] === 0) oncomplete(status);
  };
  const oncomplete = (status: number): void => {
    isWriting = false;
    if (status === 0) proceed();
    else fail(status);
  };
  return (text) => {
    waiting += text;
    proceed();
  };
}

/**
 * Waits for what `start` begins.
 * @throws ConnectError
 */
export async function connected(start: (oncomplete: (status: number) => void) => number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = (status: number): void => {
    if (status === 0) resolve();
    else reject(new ConnectError(errorName(status)));
  };
  const status = start(settle);
  if (status !== 0) settle(status);
  return promise;
}

/** libuv's own end of file has no errno of the system. */
const endOfFile = -4095;

function errorName(status: number): string {
  return status === endOfFile ? 'end of file' : process.getBuiltinModule('node:util').getSystemErrorName(status);
}
