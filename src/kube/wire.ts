import type { Socket } from 'node:net';

/** The bytes to and from a server. */
export interface Wire {
  /** Not before {@link WireEvents.onReady}. */
  write(text: string): void;
  /** Whether the process has to live for what may yet be received. */
  keepAlive(wanted: boolean): void;
  destroy(): void;
}

export interface WireEvents {
  /** The connection stands, and the server has proved who it is. */
  readonly onReady: () => void;
  readonly onData: (bytes: Buffer) => void;
  /** The server has sent all that it sends. */
  readonly onFinish: () => void;
  /** Nothing more comes, for whatever reason; more than once perhaps, but not before the wire was returned. */
  readonly onEnd: (error: unknown) => void;
}

export type OpenWire = (events: WireEvents) => Wire;

/** @param ready the event that tells that the socket stands, and who is at its other end */
export function socketWire(socket: Socket, ready: 'connect' | 'secureConnect', events: WireEvents): Wire {
  socket.once(ready, events.onReady);
  socket.on('data', events.onData);
  socket.once('end', events.onFinish);
  socket.on('error', events.onEnd);
  socket.once('close', () => events.onEnd(new Error('the connection ended within the answer')));
  return {
    write: (text) => socket.write(text),
    keepAlive: (wanted) => (wanted ? socket.ref() : socket.unref()),
    destroy: () => socket.destroy(),
  };
}
