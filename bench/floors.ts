import { join } from 'node:path';
import { statSync } from 'node:fs';
import { must } from '../test/fixture/command.ts';
import { antreaExecutable, repository } from '../test/fixture/runtime.ts';
import { runtimePath } from './contenders.ts';
import type { Call, Measured } from './launcher.ts';
import type { Stage } from './stage.ts';
import { median } from './statistics.ts';

/** Milliseconds of each round. What no way of attaching with these tools can do without. */
export interface Floors {
  /** A single-file executable of the same Node with nothing in it, as the builder makes it. */
  readonly empty: readonly Measured[];
  /** The same with our options for Node. */
  readonly tuned: readonly Measured[];
  /** `antrea` asked for its VERSION, as a runtime does. */
  readonly version: readonly Measured[];
  /** Two `ip -batch`: the pair with one end in the sandbox; there addresses, up and a route. Times added up. */
  readonly ip: readonly number[];
  /** One `ovs-vsctl add-port` that waits for vswitchd. */
  readonly ovs: readonly number[];
}

const emptyExecutable = join(repository, 'build/floor/empty');
const tunedExecutable = join(repository, 'build/floor/empty-tuned');

/** Builds the empty executables, unless those of the pinned Node and of our options are there. */
export async function buildEmptyExecutable(): Promise<void> {
  const built = statSync(tunedExecutable, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ['package-lock.json', 'pkg.config.json'].map((name) => statSync(join(repository, name)).mtimeMs);
  if (built > Math.max(...sources)) return;
  await must([process.execPath, join(repository, 'scripts/floor.ts')]);
}

export function sumOfFloors(floors: Floors): number {
  return median(floors.empty.map((call) => call.ms)) + median(floors.ip) + median(floors.ovs);
}

/** One round of each floor. */
export async function measureFloors(stage: Stage): Promise<Floors> {
  const version = '{"cniVersion":"1.0.0"}';
  const empty = await one(stage, { argv: [emptyExecutable] });
  const tuned = await one(stage, { argv: [tunedExecutable] });
  const antrea = await one(stage, {
    argv: [antreaExecutable()],
    env: { CNI_COMMAND: 'VERSION', ...stage.node.env },
    stdin: version,
  });
  const pair = await one(stage, { argv: ['ip', '-batch', '-'], stdin: hostLines(stage) });
  const inside = await one(stage, { argv: ['ip', '-n', sandboxOf(stage), '-batch', '-'], stdin: sandboxLines });
  const ovs = await one(stage, { argv: [...vsctl(stage), 'add-port', stage.node.bridge, host, 'tag=100'] });
  await one(stage, { argv: [...vsctl(stage), 'del-port', stage.node.bridge, host] });
  await one(stage, { argv: ['ip', 'link', 'del', host] });
  return { empty: [empty], tuned: [tuned], version: [antrea], ip: [pair.ms + inside.ms], ovs: [ovs.ms] };
}

export function joinFloors(rounds: readonly Floors[]): Floors {
  return {
    empty: rounds.flatMap((round) => round.empty),
    tuned: rounds.flatMap((round) => round.tuned),
    version: rounds.flatMap((round) => round.version),
    ip: rounds.flatMap((round) => round.ip),
    ovs: rounds.flatMap((round) => round.ovs),
  };
}

const host = 'bench-floor';

const sandboxLines = `addr add 10.240.0.9/16 dev floor0
addr add fd00:240::9/64 dev floor0 nodad
link set dev floor0 up
route add 10.241.0.0/16 via 10.240.0.1 dev floor0
`;

function hostLines(stage: Stage): string {
  return `link add name ${host} type veth peer name floor0 netns ${sandboxOf(stage)}
link set dev ${host} addrgenmode none up
`;
}

function sandboxOf(stage: Stage): string {
  return (stage.sandboxes[0] ?? '').replace('/run/netns/', '');
}

function vsctl(stage: Stage): readonly string[] {
  return ['ovs-vsctl', '--timeout=10', `--db=${stage.node.ovs.socket}`];
}

async function one(stage: Stage, given: Partial<Call>): Promise<Measured> {
  const { argv = [], env = {}, stdin = '' } = given;
  const call = { argv, env: { PATH: runtimePath, ...env }, stdin };
  const [measured] = (await stage.launcher.run([call], { atOnce: 1 })).calls;
  if (measured?.code === 0) return measured;
  throw new Error(`${argv.join(' ')}: exit code ${measured?.code}\n${measured?.stderr}${measured?.stdout}`);
}
