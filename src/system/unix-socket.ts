declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the way to add to a type of Node's
  namespace NodeJS {
    interface Process {
      binding(name: 'pipe_wrap'): PipeBinding;
      binding(name: 'stream_wrap'): StreamBinding;
    }
  }
}

/** What node:net is made of. Status numbers are 0 or a negative errno. */
interface PipeBinding {
  readonly Pipe: new (kind: number) => Pipe;
  readonly PipeConnectWrap: new () => { oncomplete?: (status: number) => void };
  readonly constants: { readonly SOCKET: number };
}

interface Pipe {
  onread: (chunk: ArrayBuffer | undefined) => void;
  connect(request: object, path: string): number;
  readStart(): number;
  writeUtf8String(request: object, text: string): number;
  close(): void;
}

interface StreamBinding {
  readonly WriteWrap: new () => { oncomplete?: (status: number) => void };
  /** Tells about the last read, by index. */
  readonly streamBaseState: Readonly<Record<number, number>>;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
}

export interface UnixSocket {
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

/**
 * Connects to a Unix socket by way of Node's own binding, as exec.ts starts programs: loading node:net costs a start
 * 2.6 ms (docs/adr/0006-ovsdb-socket.md).
 * @throws ConnectError
 */
export async function connectUnix(path: string, receiver: Receiver): Promise<UnixSocket> {
  const { Pipe, PipeConnectWrap, constants } = process.binding('pipe_wrap');
  const pipe = new Pipe(constants.SOCKET);
  try {
    await completed((oncomplete) => pipe.connect(Object.assign(new PipeConnectWrap(), { oncomplete }), path));
  } catch (error) {
    pipe.close();
    throw error;
  }
  return socketOf(pipe, receiver);
}

async function completed(start: (oncomplete: (status: number) => void) => number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = (status: number): void => {
    if (status === 0) resolve();
    else reject(new ConnectError(errorName(status)));
  };
  const status = start(settle);
  if (status !== 0) settle(status);
  return promise;
}

function socketOf(pipe: Pipe, { onData, onEnd }: Receiver): UnixSocket {
  const { WriteWrap, streamBaseState, kReadBytesOrError, kArrayBufferOffset } = process.binding('stream_wrap');
  let open = true;
  const end = (reason: string): void => {
    if (!open) return;
    open = false;
    pipe.close();
    onEnd(reason);
  };
  pipe.onread = (chunk) => {
    const length = streamBaseState[kReadBytesOrError] ?? 0;
    if (chunk === undefined || length < 0) end(errorName(length));
    else if (open && length > 0) onData(Buffer.from(chunk, streamBaseState[kArrayBufferOffset], length));
  };
  pipe.readStart();
  return {
    write: (text) => {
      const request = new WriteWrap();
      request.oncomplete = (status) => {
        if (status !== 0) end(errorName(status));
      };
      const status = pipe.writeUtf8String(request, text);
      if (status !== 0) end(errorName(status));
    },
    close: () => {
      if (open) pipe.close();
      open = false;
    },
  };
}

/** libuv's own end of file has no errno of the system. */
const endOfFile = -4095;

function errorName(status: number): string {
  return status === endOfFile ? 'end of file' : process.getBuiltinModule('node:util').getSystemErrorName(status);
}
