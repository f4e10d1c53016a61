import { Client, credentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';

/** As much of a kubelet as makes and ends sandboxes. */
export interface Cri {
  /** @returns its ID */
  readonly runSandbox: (name: string) => Promise<string>;
  readonly stopSandbox: (id: string) => Promise<void>;
  readonly close: () => void;
}

export interface CriOptions {
  /** Path of the runtime's socket. */
  readonly socket: string;
  readonly cgroup: string;
}

/** By api.proto of runtime.v1, field by field. */
export function openCri({ socket, cgroup }: CriOptions): Cri {
  const client = new Client(`unix:${socket}`, credentials.createInsecure());
  const call = async (method: string, request: protobuf.Writer): Promise<Uint8Array> => {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const path = `/runtime.v1.RuntimeService/${method}`;
    const options = { deadline: Date.now() + 60_000, waitForReady: true };
    const encode = (): Buffer => Buffer.from(request.finish());
    client.makeUnaryRequest(
      path,
      encode,
      (bytes: Buffer) => bytes,
      {},
      options,
      (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer);
        else reject(error ?? new Error(`${method} was not answered`));
      },
    );
    return promise;
  };
  return {
    runSandbox: async (name) => firstText(await call('RunPodSandbox', message([1, sandboxConfig(name, cgroup)]))),
    stopSandbox: async (id) => void (await call('StopPodSandbox', message([1, id]))),
    close: () => client.close(),
  };
}

/** PodSandboxConfig: metadata (name, uid, namespace), and linux (cgroup_parent). */
function sandboxConfig(name: string, cgroup: string): protobuf.Writer {
  const metadata = message([1, name], [2, `uid-of-${name}`], [3, 'shop']);
  return message([1, metadata], [8, message([1, cgroup])]);
}

function message(...fields: readonly (readonly [number, string | protobuf.Writer])[]): protobuf.Writer {
  const writer = protobuf.Writer.create();
  for (const [number, value] of fields) {
    writer.uint32((number << 3) | 2);
    if (typeof value === 'string') writer.string(value);
    else writer.bytes(value.finish());
  }
  return writer;
}

function firstText(bytes: Uint8Array): string {
  const reader = protobuf.Reader.create(bytes);
  reader.uint32();
  return reader.string();
}
