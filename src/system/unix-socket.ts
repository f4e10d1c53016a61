import { connected, streamOn, type ByteStream, type Receiver, type StreamHandle } from './byte-stream.ts';

/** What node:net is made of. */
export interface PipeBinding {
  readonly Pipe: new (kind: number) => Pipe;
  readonly PipeConnectWrap: new () => { oncomplete?: (status: number) => void };
  readonly constants: { readonly SOCKET: number };
}

export interface Pipe extends StreamHandle {
  connect(request: object, path: string): number;
  /** Ends what we send, once it is sent. */
  shutdown(request: object): number;
  close(): void;
}

/** A socket that is not connected yet. */
export function newPipe(): Pipe {
  const { Pipe: Constructor, constants } = process.binding('pipe_wrap');
  return new Constructor(constants.SOCKET);
}

/**
 * Connects to a Unix socket by way of Node's own binding, as exec.ts starts programs: loading node:net costs a start
 * 2.6 ms (docs/adr/0006-ovsdb-socket.md).
 * @throws ConnectError
 */
export async function connectUnix(path: string, receiver: Receiver): Promise<ByteStream> {
  const { PipeConnectWrap } = process.binding('pipe_wrap');
  const pipe = newPipe();
  try {
    await connected((oncomplete) => pipe.connect(Object.assign(new PipeConnectWrap(), { oncomplete }), path));
  } catch (error) {
    pipe.close();
    throw error;
  }
  return streamOn(pipe, () => pipe.close(), receiver);
}
