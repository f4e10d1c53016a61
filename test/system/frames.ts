import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Netns } from '../fixture/netns.ts';
import { until } from '../fixture/until.ts';

/** An Ethernet frame of ours: a text, and the VLAN tag that it carries (0: none). */
export interface Frame {
  readonly text: string;
  readonly tag: number;
}

export interface Ear {
  /** All frames of ours so far, once one with this text has come. */
  readonly heardUntil: (text: string) => Promise<readonly Frame[]>;
  readonly stop: () => Promise<void>;
}

// Debian's own, which its Open vSwitch needs anyway.
const python = '/usr/bin/python3';

// 0x88b5: for local experiments (IEEE Std 802).
// The kernel takes a received frame's tag out and tells it in the message's auxiliary data: packet(7).
const receiver = `
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.setsockopt(263, 8, 1)
s.bind((sys.argv[1], 0))
print('ready', flush=True)
while True:
    data, aux, _, sender = s.recvmsg(2048, 128)
    tag = next((struct.unpack('IIIHHHH', d)[5] & 4095 for l, t, d in aux if (l, t) == (263, 8)), 0)
    if sender[2] != 4 and data[12:14] == b'\\x88\\xb5':
        print(tag, data[14:].rstrip(b'\\0').decode(), flush=True)
`;

const transmitter = `
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for tag, text in zip(sys.argv[2::2], sys.argv[3::2]):
    head = b'\\xff' * 6 + b'\\x02' + b'\\x01' * 5
    if int(tag): head += struct.pack('!HH', 0x8100, int(tag))
    s.send((head + b'\\x88\\xb5' + text.encode()).ljust(60, b'\\0'))
`;

/** Broadcasts frames from an interface, in order. */
export async function send(from: Netns, ...frames: readonly Frame[]): Promise<void> {
  await from.exec(python, '-c', transmitter, 'net1', ...frames.flatMap(({ tag, text }) => [String(tag), text]));
}

/** Listens on `net1`; it hears from the moment that this returns. */
export async function listen(at: Netns): Promise<Ear> {
  const [file = '', ...args] = at.prefix;
  const child = spawn(file, [...args, python, '-c', receiver, 'net1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await until(() => lines.includes('ready'), { what: 'a listening socket' });
  const frames = (): readonly Frame[] =>
    lines.slice(1).map((line) => {
      const [tag, ...words] = line.split(' ');
      return { tag: Number(tag), text: words.join(' ') };
    });
  return {
    heardUntil: (text) =>
      until(() => frames().some((frame) => frame.text === text) && frames(), { what: `the frame "${text}"` }),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
