import { isJsonObject, type JsonObject } from '../../../system/json-object.ts';
import { connectUnix } from '../../../system/unix-socket.ts';
import { messageSplitter } from './json-messages.ts';

/** ovsdb-server, at the other end of a connection. */
export interface Peer {
  send(message: JsonObject): void;
  /** Nothing is received any more. */
  close(): void;
}

export interface PeerReceiver {
  readonly onMessage: (message: JsonObject) => void;
  /** The connection ended, or what came by it made no sense: once, and nothing comes after it. */
  readonly onEnd: (reason: string) => void;
}

/**
 * Speaks JSON-RPC with ovsdb-server (RFC 7047, section 4). Its question whether we are there, which comes when we have been
 * silent for 5 s (section 4.1.11), is answered here.
 * @throws ConnectError (byte-stream.ts)
 */
export async function connectPeer(path: string, { onMessage, onEnd }: PeerReceiver): Promise<Peer> {
  const split = messageSplitter();
  const socket = await connectUnix(path, {
    onData: (chunk) => {
      const messages = parsed(split, chunk);
      if (messages === undefined) {
        socket.close();
        onEnd('it sends something that is not JSON');
      }
      for (const message of messages ?? []) {
        if (message['method'] === 'echo') send(echo(message));
        else onMessage(message);
      }
    },
    onEnd,
  });
  const send = (message: JsonObject): void => socket.write(JSON.stringify(message));
  return { send, close: () => socket.close() };
}

function parsed(split: (chunk: Buffer) => readonly string[], chunk: Buffer): readonly JsonObject[] | undefined {
  try {
    return split(chunk)
      .map((text): unknown => JSON.parse(text))
      .filter(isJsonObject);
  } catch {
    return undefined;
  }
}

function echo({ id, params }: JsonObject): JsonObject {
  return { id, result: params, error: null };
}
