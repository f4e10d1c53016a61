import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, asyncProperty, constantFrom, jsonValue } from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isObject, parseJson, type JsonObject } from '../fixture/json.ts';
import { repository } from '../fixture/runtime.ts';
import { expectHarmlessOrders, expectRefusal } from './expectations.ts';
import { goodConfig, pool, startBench, type Bench } from './harness.ts';
import { nastyNumbers } from './texts.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterEach(() => bench.reset());
afterAll(() => bench.remove());

const good = JSON.stringify(goodConfig());
const inside = (text: string): string => `${good.slice(0, -1)},${text}}`;

describe('standard input that is no acceptable JSON', () => {
  test.each([
    { what: 'nothing', input: '' },
    { what: 'blanks', input: ' \n ' },
    { what: 'an array', input: '[]' },
    { what: 'a number', input: '1' },
    { what: 'null', input: 'null' },
    { what: 'half an object', input: good.slice(0, 50) },
    { what: 'two objects', input: good + good },
    { what: 'a comment', input: `// hello\n${good}` },
    { what: 'a trailing comma', input: `${good.slice(0, -1)},}` },
    { what: 'NaN', input: inside('"mtu":NaN') },
    { what: 'a control character in a text', input: inside('"x":"\u0001"') },
    { what: 'a NUL byte', input: `${good}\u0000` },
    {
      what: 'invalid UTF-8',
      input: Buffer.from(inside('"x":"\u00FF\u00FE"'), 'latin1'),
    },
    { what: 'half a character at its end', input: Buffer.concat([Buffer.from(good), Buffer.from([0xe2, 0x82])]) },
    { what: 'UTF-16', input: Buffer.from(good, 'utf16le') },
    { what: 'more than 4 MiB', input: inside(`"x":"${'x'.repeat(4 * 1024 * 1024)}"`) },
    { what: 'more than 4 MiB of blanks', input: good + ' '.repeat(4 * 1024 * 1024) },
    { what: '100 levels of objects', input: inside(`"x":${'{"x":'.repeat(100)}1${'}'.repeat(100)}`) },
    { what: '1,000,000 levels of arrays', input: inside(`"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`) },
    { what: '2,000,000 brackets without end', input: '['.repeat(2_000_000) },
    { what: '50,000 keys', input: inside(manyKeys(50_000)) },
    { what: 'the key __proto__', input: inside('"__proto__":{"vlan":1}') },
    { what: 'the key __proto__ in ipam', input: good.replace('"ippools"', '"__proto__":{"x":1},"ippools"') },
    { what: 'the key __proto__, escaped', input: inside('"\\u005f_proto__":{"vlan":1}') },
  ])('is refused as such: $what', async ({ input }) => {
    for (const command of ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS']) {
      const answer = await bench.call({ command, config: Buffer.from(input) });
      expect({ command, code: answer.code, runs: answer.runs, changed: answer.changed }).toEqual({
        command,
        code: 6,
        runs: [],
        changed: false,
      });
    }
  });
});

function manyKeys(count: number): string {
  return Array.from({ length: count }, (_, index) => `"key${index}":${index}`).join(',');
}

test.each([
  { key: '"constructor":{"prototype":{"vlan":7}}' },
  { key: '"prototype":1,"toString":2,"hasOwnProperty":3,"valueOf":null' },
  { key: '"\\u0000":1,"\\ud800":2,"":3' },
  { key: `"x":[${'0,'.repeat(500_000)}0]` },
  { key: manyKeys(5000) },
])('keys that mean nothing change nothing: $key', async ({ key }) => {
  const answer = await bench.call({ config: inside(key) });
  expect(answer.exit, answer.stdout).toBe(0);
  expectHarmlessOrders(answer);
  expect(Reflect.get({}, 'vlan')).toBeUndefined();
});

test('of a key that comes twice, the last one counts, as in Go', async () => {
  const { runs } = await bench.call({ config: inside('"vlan":5,"vlan":7') });
  expect(runs.flatMap(({ args }) => args)).toContain('tag=7');
});

// What grows with the square would take hours.
test('a million errors in one configuration are refused at once', async () => {
  const trunk = Array.from({ length: 200_000 }, () => ({ id: 'x', minID: -1, extra: 1 }));
  const addresses = Array.from({ length: 50_000 }, () => ({ address: 1 }));
  const started = performance.now();
  expectRefusal(await bench.call({ config: goodConfig({ trunk, ipam: { type: 'antrea', addresses } }) }));
  expect(performance.now() - started).toBeLessThan(60_000);
});

/** Every key of the schemas, as a path: `ipam.routes.0.dst`. */
const schemaPaths = [
  ...pathsOf(schema('netconf')),
  ...pathsOf(schema('ipam')).map((path) => ['ipam', ...path]),
  ...pathsOf(schema('cni-result')).map((path) => ['prevResult', ...path]),
].filter((path) => path.join('.') !== 'ipam.type');

const wrongValues: readonly unknown[] = [
  null,
  true,
  false,
  ...nastyNumbers,
  '',
  'x',
  '\u0000',
  'x'.repeat(5000),
  [],
  [[]],
  [null],
  {},
  { x: {} },
  [{}],
  [1, 'x', null],
  Array.from({ length: 5000 }, () => 'x'),
];

describe.each(schemaPaths.map((path) => ({ path, key: path.join('.') })))('a wrong value of $key', ({ path }) => {
  test('is refused with nothing changed, or does no harm', async () => {
    for (const value of wrongValues) {
      const answer = await bench.call({ config: withValue(fullConfig, path, value) });
      if (answer.exit === 0) expectHarmlessOrders(answer);
      else expectRefusal(answer);
      if (answer.changed) bench.reset();
    }
  });
});

test.each(['1e400', '-1e400', '4094.0000000000000001', '9007199254740993', '-0', '1E2', '0.1e3'])(
  'the number %s is what JavaScript takes it for, or refused',
  async (number) => {
    const answer = await bench.call({ config: inside(`"vlan":${number}`) });
    if (answer.exit === 0) expect(answer.runs.flatMap(({ args }) => args)).toContain(`tag=${Number(number) || 0}`);
    else expectRefusal(answer);
  },
);

test('no JSON whatever is a defect', async () => {
  await assert(
    asyncProperty(
      constantFrom('ADD', 'DEL', 'CHECK', 'GC', 'STATUS'),
      constantFrom(...schemaPaths),
      jsonValue({ maxDepth: 5 }),
      async (command, path, value) => {
        const answer = await bench.call({ command, config: withValue(fullConfig, path, value) });
        if (answer.exit !== 0) expectRefusal(answer, command);
        if (command === 'ADD') bench.reset();
      },
    ),
    { numRuns: 500 },
  );
});

const fullConfig = goodConfig({
  bridge: 'br-test',
  trunk: [{ id: 5 }, { minID: 7, maxID: 9 }],
  mtu: 1400,
  mac: '02:00:00:00:00:01',
  acceptRA: false,
  runtimeConfig: { ips: [], mac: '02:00:00:00:00:01' },
  args: { cni: { ips: [], mac: '02:00:00:00:00:01' } },
  ipam: {
    type: 'antrea',
    ippools: [pool],
    addresses: [{ address: '10.0.0.5/24', gateway: '10.0.0.1' }],
    routes: [{ dst: '10.1.0.0/16', gw: '10.0.0.1', mtu: 1300, priority: 5 }],
    dns: { nameservers: ['10.0.0.1'], domain: 'x', search: ['x'], options: ['x'] },
  },
  'cni.dev/valid-attachments': [{ containerID: 'sandbox', ifname: 'net1' }],
});

function schema(name: string): JsonObject {
  const text = parseJson(readFileSync(join(repository, 'schemas', `${name}.schema.json`), 'utf8'));
  if (!isObject(text)) throw new Error(`no schema ${name}`);
  return text;
}

function pathsOf(root: JsonObject, node: unknown = root): readonly (readonly string[])[] {
  if (!isObject(node)) return [];
  const reference = node['$ref'];
  if (typeof reference === 'string') {
    const definitions = root['definitions'];
    return isObject(definitions) ? pathsOf(root, definitions[reference.slice('#/definitions/'.length)]) : [];
  }
  const items = isObject(node['items']) ? [['0'], ...pathsOf(root, node['items']).map((path) => ['0', ...path])] : [];
  const properties = isObject(node['properties']) ? Object.entries(node['properties']) : [];
  return [
    ...items,
    ...properties.flatMap(([key, value]) => [[key], ...pathsOf(root, value).map((path) => [key, ...path])]),
  ];
}

/** A copy of `root` with one value replaced; what is missing on the way to it is made. */
function withValue(root: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (/^\d+$/u.test(key)) {
    const list: readonly unknown[] = Array.isArray(root) ? root : [];
    return [withValue(list[0], rest, value), ...list.slice(1)];
  }
  const object = isObject(root) ? root : {};
  return { ...object, [key]: withValue(object[key], rest, value) };
}
