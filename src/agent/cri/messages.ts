import protobuf, { type Reader } from 'protobufjs/minimal.js';

/** A Pod sandbox as a container runtime lists it. `not-ready`: its processes have ended; it is there until it is removed. */
export interface ListedSandbox {
  readonly id: string;
  readonly state: 'ready' | 'not-ready';
}

/**
 * `runtime.v1.ListPodSandboxResponse`, as much of it as matters:
 * https://github.com/kubernetes/cri-api/blob/master/pkg/apis/runtime/v1/api.proto
 * @throws when it is no protobuf message
 */
export function decodeSandboxList(bytes: Uint8Array): readonly ListedSandbox[] {
  const sandboxes: ListedSandbox[] = [];
  eachField(protobuf.Reader.create(bytes), (field, reader) => {
    if (field !== fields.items) return false;
    sandboxes.push(decodeSandbox(reader.bytes()));
    return true;
  });
  return sandboxes;
}

/** `runtime.v1.VersionResponse`: name and version of the runtime. */
export function decodeVersion(bytes: Uint8Array): string {
  let name = '';
  let version = '';
  eachField(protobuf.Reader.create(bytes), (field, reader) => {
    if (field === fields.runtimeName) name = reader.string();
    else if (field === fields.runtimeVersion) version = reader.string();
    else return false;
    return true;
  });
  return `${name} ${version}`.trim();
}

/** All requests that we make have no field set. */
export function encodeNothing(): Buffer {
  return Buffer.alloc(0);
}

/** Field numbers. */
const fields = { items: 1, id: 1, state: 3, runtimeName: 2, runtimeVersion: 3 } as const;

/** What is not sent has its zero value: SANDBOX_READY. */
function decodeSandbox(bytes: Uint8Array): ListedSandbox {
  let id = '';
  let state: ListedSandbox['state'] = 'ready';
  eachField(protobuf.Reader.create(bytes), (field, reader) => {
    if (field === fields.id) id = reader.string();
    else if (field === fields.state) state = reader.int32() === 0 ? 'ready' : 'not-ready';
    else return false;
    return true;
  });
  return { id, state };
}

/** @param read reads the value, or returns false for a field that it does not know */
function eachField(reader: Reader, read: (field: number, reader: Reader) => boolean): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!read(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}
