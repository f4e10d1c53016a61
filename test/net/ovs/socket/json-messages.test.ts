import { array, assert, dictionary, jsonValue, nat, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { messageSplitter } from '../../../../src/net/ovs/socket/json-messages.ts';

it('finds every message, wherever the pieces end', () => {
  const message = dictionary(string({ unit: 'binary' }), jsonValue());
  assert(
    property(array(message, { maxLength: 5 }), array(nat({ max: 40 })), (messages, lengths) => {
      const sent = Buffer.from(messages.map((one) => JSON.stringify(one)).join('\n'));
      const split = messageSplitter();
      const received = [...piecesOf(sent, lengths)].flatMap((piece) => split(piece));
      expect(received.map((text) => text.trim())).toStrictEqual(messages.map((one) => JSON.stringify(one)));
    }),
  );
});

function* piecesOf(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  let start = 0;
  for (const length of lengths) {
    yield bytes.subarray(start, start + length);
    start += length;
  }
  yield bytes.subarray(start);
}
