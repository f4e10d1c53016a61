import { type SpawnSyncOptionsWithStringEncoding, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

interface Check {
  /** What is expected, as a sentence. */
  readonly sentence: string;
  /** @returns what is wrong, if anything is. */
  readonly run: (executable: string) => string | undefined;
}

type Options = Partial<Pick<SpawnSyncOptionsWithStringEncoding, 'cwd' | 'env' | 'input' | 'uid' | 'gid'>>;

/**
 * Runs the executable as container runtimes do, and as nobody should.
 *
 * @returns what is wrong; empty when all is well
 */
export function selfTest(executable: string): string[] {
  return checks.flatMap(({ sentence, run }) => {
    const problem = run(executable);
    return problem === undefined ? [] : [`${sentence}: it did not. ${problem}`];
  });
}

export const checks: readonly Check[] = [
  { sentence: 'answers VERSION with nothing else in its environment', run: (file) => answers(file) },
  {
    sentence: 'answers VERSION when $HOME does not exist',
    run: (file) => answers(file, { env: { HOME: '/nonexistent' } }),
  },
  {
    sentence: 'answers VERSION in a directory where nothing can be written',
    run: (file) => answers(file, { cwd: '/proc' }),
  },
  { sentence: 'answers VERSION when the root file system is read-only', run: answersOnReadOnlyRoot },
  { sentence: 'answers VERSION with 64 file descriptors', run: (file) => answersInShell(file, 'ulimit -n 64') },
  {
    sentence: 'answers VERSION with 1,048,576 file descriptors',
    run: (file) => answersInShell(file, 'ulimit -n 1048576 || true'),
  },
  {
    sentence: 'answers VERSION with as many file descriptors as the kernel allows',
    run: (file) => answersInShell(file, 'ulimit -n 1073741816 || ulimit -n "$(ulimit -H -n)"'),
  },
  { sentence: 'answers VERSION when standard error is closed', run: (file) => answersInShell(file, 'exec 2>&-') },
  { sentence: 'answers VERSION to a user without rights', run: answersNobody },
  {
    sentence: 'answers VERSION whatever NODE_OPTIONS says',
    run: (file) => answers(file, { env: { NODE_OPTIONS: '--no-such-option --require /nonexistent.js' } }),
  },
  {
    sentence: 'answers VERSION whatever other variables of Node and OpenSSL say',
    run: (file) =>
      answers(file, {
        env: {
          NODE_EXTRA_CA_CERTS: '/nonexistent',
          OPENSSL_CONF: '/nonexistent',
          NODE_V8_COVERAGE: '',
          NODE_DEBUG: 'fs,module',
        },
      }),
  },
  { sentence: 'does not run its standard input as JavaScript', run: ignoresScripts },
  {
    sentence: 'hands -e and -p to the command line',
    run: (file) => refuses(file, ['-e', script]) ?? refuses(file, ['-p', script]),
  },
  { sentence: 'hands --inspect to the command line', run: (file) => refuses(file, ['--inspect=0']) },
  { sentence: 'shows the help of the command line', run: showsHelp },
  { sentence: 'says nothing on standard error', run: isSilent },
];

const script = 'console.log("EXECUTED")';
const configuration = '{"cniVersion":"1.1.0","name":"self-test","type":"antrea"}';

function answers(file: string, options: Options = {}): string | undefined {
  const result = spawn(file, [], { ...options, input: configuration, env: { ...options.env, CNI_COMMAND: 'VERSION' } });
  return isVersionAnswer(result) ? undefined : told(result);
}

/** Without the right to mount there is nothing to try. */
function answersOnReadOnlyRoot(file: string): string | undefined {
  const readOnly = ['--mount', 'mount', '-o', 'remount,bind,ro', '/'];
  if (spawn('unshare', readOnly, {}).status !== 0) return undefined;
  const result = spawn(
    'unshare',
    ['--mount', 'sh', '-c', 'mount -o remount,bind,ro / && cd / && exec env -i CNI_COMMAND=VERSION "$0"', file],
    {
      input: configuration,
    },
  );
  return isVersionAnswer(result) ? undefined : told(result);
}

function answersInShell(file: string, prelude: string): string | undefined {
  const result = spawn('/bin/sh', ['-c', `${prelude}\nexec "$0"`, file], {
    input: configuration,
    env: { CNI_COMMAND: 'VERSION', PATH: '/usr/bin:/bin' },
  });
  return isVersionAnswer(result) ? undefined : told(result);
}

function answersNobody(file: string): string | undefined {
  const nobody = { uid: 65534, gid: 65534, cwd: '/' };
  return process.getuid?.() === 0 && everyoneReaches(file) ? answers(file, nobody) : undefined;
}

/** A checkout below /root, say, is closed to others; that is no fault of the executable. */
function everyoneReaches(path: string): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (path === '/' || everyoneReaches(dirname(path)));
}

function ignoresScripts(file: string): string | undefined {
  const asPlugin = spawn(file, [], { input: script, env: { CNI_COMMAND: 'VERSION' } });
  const asCommand = spawn(file, ['version'], { input: script, env: {} });
  return [asPlugin, asCommand].filter(({ stdout }) => stdout.includes('EXECUTED')).map(told)[0];
}

function refuses(file: string, args: readonly string[]): string | undefined {
  const result = spawn(file, args, { env: {} });
  const taken = /EXECUTED|Debugger listening/.test(result.stdout + result.stderr);
  return taken || result.status !== 2 ? told(result) : undefined;
}

function showsHelp(file: string): string | undefined {
  const result = spawn(file, ['--help'], { env: {} });
  return result.status === 0 && result.stdout.startsWith('Usage: ') ? undefined : told(result);
}

/** A code cache or an option that does not suit the Node within would be told there. */
function isSilent(file: string): string | undefined {
  const asPlugin = spawn(file, [], { input: configuration, env: { CNI_COMMAND: 'VERSION' } });
  const asCommand = spawn(file, ['version'], { env: {} });
  return [asPlugin, asCommand].filter(({ status, stderr }) => status !== 0 || stderr !== '').map(told)[0];
}

function spawn(file: string, args: readonly string[], options: Options): SpawnSyncReturns<string> {
  return spawnSync(file, args, { ...options, encoding: 'utf8', timeout: 20_000 });
}

function isVersionAnswer({ status, stdout }: SpawnSyncReturns<string>): boolean {
  return status === 0 && /"supportedVersions":\s*\[[^\]]*"1\.1\.0"/.test(stdout);
}

function told({ status, signal, stdout, stderr, error }: SpawnSyncReturns<string>): string {
  return `It ended with ${error?.message ?? signal ?? status}, and said: ${`${stdout}${stderr}`.slice(0, 500) || 'nothing'}`;
}
