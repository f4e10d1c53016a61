import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { responseReader, type HttpResponse } from '../../src/kube/http-response.ts';

describe('an answer', () => {
  it.each<[string, string, string]>([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
    ['that is empty', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n', 'hello'],
    [
      'in chunks with extensions and trailers',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n0005;a="b"\r\nhello\r\n0\r\nX: y\r\n\r\n',
      'hello',
    ],
    [
      'whose chunk looks like the end',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n',
      '0\r\n\r\n',
    ],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['without a reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}', '{}'],
    [
      'after a first one that is no answer',
      'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
      '{}',
    ],
    ['with lone line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\n{}', '{}'],
  ])('%s is read, however its bytes come', (_what, text, body) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length }), { maxLength: 6 }), (cuts) => {
        const [response, ...more] = pushed(parts(text, cuts));
        expect([response?.body.toString(), more]).toStrictEqual([body, []]);
      }),
    );
  });

  it('is told from the next one, and from the one after that', () => {
    const all = [1, 20, 300].map((size) => `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    expect(pushed([all.join('')]).map(({ body }) => body.length)).toStrictEqual([1, 20, 300]);
  });

  it('ends with the connection where nothing else tells its length', () => {
    const reader = open();
    expect(reader.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nhel'))).toStrictEqual([]);
    expect(reader.push(Buffer.from('lo'))).toStrictEqual([]);
    expect(reader.end()).toMatchObject({ last: true, body: Buffer.from('hello') });
  });

  it('that is cut is none', () => {
    const reader = open();
    reader.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'));
    expect(reader.end()).toBeUndefined();
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nConnection: a, Close\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', false],
  ])('tells whether it is the last one: %j', (text, last) => {
    expect(pushed([text])).toMatchObject([{ last }]);
  });

  it('has headers whose names know no case', () => {
    const [response] = pushed(['HTTP/1.1 429 x\r\nRETRY-after:  7 \r\nA: 1\r\na: 2\r\nContent-Length: 0\r\n\r\n']);
    expect(Object.fromEntries(response?.headers ?? [])).toMatchObject({ 'retry-after': '7', a: '1,2' });
  });
});

describe('what leaves a doubt is refused:', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n'],
    ['a status that is no number', 'HTTP/1.1 abc\r\n'],
    ['a change of the protocol', 'HTTP/1.1 101 Switching\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['a chunk without a length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n'],
    ['a chunk with a sign', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n'],
    ['a chunk that is too long', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n'],
    ['a header that goes on in the next line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a header with a space in its name', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n'],
    ['a line that never ends', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(20_000)}`],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(300)}`],
    ['control characters', 'HTTP/1.1 200 OK\r\nA: \u0000b\r\n\r\n'],
  ])('%s', (_what, text) => {
    expect(() => pushed([text])).toThrow(/the answer is not HTTP/);
  });

  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n'],
    ['a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n'],
    ['a body without end', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1001)}`],
  ])('%s beyond the limit, before it has come', (_what, text) => {
    expect(() => pushed([text])).toThrow('too much');
  });

  it('nothing makes it loop or hang', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'HTTP/1.1 200\r\n',
            '\r\n',
            'a: b\r\n',
            '5\r\n',
            'x',
            '\u0000',
            'Transfer-Encoding: chunked\r\n',
            'Content-Length: 3\r\n',
          ),
          { maxLength: 20 },
        ),
        (pieces) => {
          try {
            pushed(pieces);
          } catch (error) {
            expect(String(error)).toMatch(/not HTTP|too much/);
          }
        },
      ),
    );
  });
});

function open() {
  return responseReader({ size: 1000, exceeded: () => new Error('too much') });
}

function pushed(texts: readonly string[]): HttpResponse[] {
  const reader = open();
  return texts.flatMap((text) => [...reader.push(Buffer.from(text, 'latin1'))]);
}

function parts(text: string, cuts: readonly number[]): readonly string[] {
  const ends = [...cuts, text.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}
