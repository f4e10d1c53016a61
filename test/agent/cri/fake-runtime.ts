import { rmSync } from 'node:fs';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedHandleCall } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';

export type FakeState = 'ready' | 'not-ready';

/** As much of a container runtime as the agent asks for. */
export interface FakeRuntime {
  readonly socket: string;
  /** By container ID; what is set here is listed from then on. */
  readonly sandboxes: Map<string, FakeState>;
  readonly stop: () => Promise<void>;
}

export async function startFakeRuntime(socket: string): Promise<FakeRuntime> {
  const sandboxes = new Map<string, FakeState>();
  const server = await serve(socket, {
    ListPodSandbox: () => sandboxList(sandboxes),
    Version: () => version,
  });
  return { socket, sandboxes, stop: async () => stop(server, socket) };
}

/** Something that speaks gRPC, and is no container runtime. */
export async function startOtherServer(socket: string): Promise<Pick<FakeRuntime, 'stop'>> {
  const server = await serve(socket, {});
  return { stop: async () => stop(server, socket) };
}

async function stop(server: Server, socket: string): Promise<void> {
  server.forceShutdown();
  rmSync(socket, { force: true });
}

async function serve(socket: string, answers: Readonly<Record<string, () => Uint8Array>>): Promise<Server> {
  const server = new Server();
  const handlers: Record<string, UntypedHandleCall> = {};
  const definition: Record<string, ServiceDefinition[string]> = {};
  for (const [name, answer] of Object.entries(answers)) {
    definition[name] = {
      path: `/runtime.v1.RuntimeService/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: () => Buffer.alloc(0),
      requestDeserialize: () => ({}),
      responseSerialize: () => Buffer.from(answer()),
      responseDeserialize: () => ({}),
    };
    handlers[name] = (_: unknown, callback: (error: null, value: object) => void) => callback(null, {});
  }
  if (Object.keys(definition).length > 0) server.addService(definition, handlers);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  return server;
}

/** Field by field as in api.proto, with fields that the agent does not know. */
function sandboxList(sandboxes: ReadonlyMap<string, FakeState>): Uint8Array {
  const list = protobuf.Writer.create();
  for (const [id, state] of sandboxes) {
    const one = protobuf.Writer.create().uint32(10).string(id).uint32(18).fork().uint32(10).string('pod').ldelim();
    if (state === 'not-ready') one.uint32(24).int32(1);
    one.uint32(32).int64(1_700_000_000);
    list.uint32(10).bytes(one.finish());
  }
  return list.finish();
}

const version = protobuf.Writer.create()
  .uint32(10)
  .string('0.1.0')
  .uint32(18)
  .string('fake')
  .uint32(26)
  .string('1.2.3')
  .uint32(34)
  .string('v1')
  .finish();
