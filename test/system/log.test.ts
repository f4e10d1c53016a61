import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { lineLog, type LogLevel } from '../../src/system/log.ts';
import { isObject, type JsonObject, parseJson } from '../fixture/json.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

const base = { network: 'vlan100', containerID: 'c1', ifname: 'net1', pod: 'default/web-0' };
const facts = { hostInterface: 'avabc', ips: ['10.0.0.2/24'] };

describe('a log line of the plugin', () => {
  it.each<LogLevel>(['debug', 'info', 'warn', 'error'])('is what pino writes at level %s', async (level) => {
    const { file, lines } = await logFile();
    lineLog({ level: 'debug', file, base })(level, 'attached', facts);
    expect(lines().map(withoutTime)).toEqual([withoutTime(byPino(level))]);
  });

  it('has its keys in the order of pino', async () => {
    const { file, lines } = await logFile();
    lineLog({ level: 'debug', file, base })('info', 'attached', facts);
    expect(Object.keys(lines()[0] ?? {})).toEqual(Object.keys(byPino('info')));
  });

  it('is not written below the level that is asked for', async () => {
    const { file, lines } = await logFile();
    const log = lineLog({ level: 'warn', file, base });
    log('info', 'no');
    log('error', 'yes');
    expect(lines()).toMatchObject([{ msg: 'yes' }]);
  });

  it('is lost without an error when it cannot be written', () => {
    expect(() => lineLog({ level: 'info', file: '/nonexistent/log', base })('info', 'lost')).not.toThrow();
  });
});

async function logFile(): Promise<{ readonly file: string; readonly lines: () => readonly JsonObject[] }> {
  const dir = await resources.use(makeTempDir('log'));
  const file = join(dir.path, 'antrea.log');
  return {
    file,
    lines: () => readFileSync(file, 'utf8').trimEnd().split('\n').map(parseJson).filter(isObject),
  };
}

function withoutTime({ time, ...line }: JsonObject): JsonObject {
  expect(time).toBeTypeOf('number');
  return line;
}

function byPino(level: LogLevel): JsonObject {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString('utf8');
      done();
    },
  });
  pino({ level: 'debug', base: { pid: process.pid, ...base } }, stream)[level](facts, 'attached');
  const line = parseJson(text);
  return isObject(line) ? line : {};
}
