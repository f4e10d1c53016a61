import type { Exec, Outcome } from '../../../system/exec.ts';
import { patienceOf, type NewPort, type OvsDriver, type OvsOptions, type WantedPorts } from '../driver.ts';
import { aboutPort, drainingBridge, refusedPort } from '../failures.ts';
import {
  bridgeColumns,
  drainingMarker,
  externalIDs,
  interfaceColumns,
  marker,
  ownerKey,
  portColumns,
  readPorts,
} from '../ports.ts';
import type { PortVlans } from '../../port-config.ts';
import { errorLine, untilServed } from './served.ts';
import { readTables } from './tables.ts';

export interface VsctlOptions extends OvsOptions {
  readonly exec: Exec;
  /** Waits, milliseconds. */
  readonly pause: (milliseconds: number) => void;
  /** In the environment of each ovs-vsctl: one that outlives us is found by it. */
  readonly mark: Readonly<Record<string, string>>;
}

/** Open vSwitch by way of ovs-vsctl(8). */
export function vsctlDriver(options: VsctlOptions): OvsDriver {
  return {
    addPorts: async ({ ports }) => addPorts(options, await ports()),
    removePorts: async (names) => {
      run(options, () => ['--no-wait', ...together(names.map((name) => ['--if-exists', 'del-port', name]))]);
    },
    findPorts: async (wanted) => {
      const { stdout } = run(options, () => ['--no-wait', ...findPortsCommand(wanted)]);
      const [ports = [], interfaces = [], bridges = []] = readTables(stdout);
      return readPorts({ ports, interfaces, bridges });
    },
    bridgeExists: async (bridge) => {
      const find = ['--no-wait', '--bare', '--columns=name', 'find', 'Bridge', `name=${bridge}`];
      return run(options, () => find).stdout !== '';
    },
  };
}

function run(options: VsctlOptions, command: (attempt: number) => readonly string[]): Outcome {
  const { exec, database, timeout, pause, mark: env } = options;
  const served = { database, timeout, pause, patience: patienceOf(options) };
  return untilServed(served, (attempt) => {
    const granted = timeout();
    // Without --timeout it waits for ever. It ends itself in time; the kill is for one that does not.
    const connection = [`--db=${database}`, `--timeout=${Math.max(1, Math.ceil(granted / 1000))}`];
    return exec('ovs-vsctl', [...connection, ...command(attempt)], { timeout: granted + 1000, env });
  });
}

/** In one transaction, which cannot be made to depend on what it finds: what it should not have added is then the caller's to remove. */
function addPorts(options: VsctlOptions, ports: readonly NewPort[]): void {
  const bridges = [...new Set(ports.map(({ bridge }) => bridge))];
  const { stdout, stderr } = tellingWhich(ports, () =>
    run(options, (attempt) => {
      // An earlier try may have added it.
      const again = attempt > 1 ? ['--may-exist'] : [];
      const additions = ports.map((port) => [...again, ...addPortCommand(port)]);
      return ['--bare', ...together([...bridges.map(drainingCommand), ...additions])];
    }),
  );
  const draining = bridges.find((bridge) => stdout.split('\n').includes(bridge));
  if (draining !== undefined) throw drainingBridge(draining);
  const lines = stderr.split('\n').filter((line) => line.includes('Error detected'));
  for (const port of ports) {
    const line = lines.find((one) => one.includes(`'${port.name}'`));
    if (line !== undefined) throw refusedPort(port, errorLine(line));
  }
}

function tellingWhich<T>(ports: readonly NewPort[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw aboutPort(ports, error);
  }
}

/** Prints the bridge's name when it is to go. */
function drainingCommand(bridge: string): readonly string[] {
  return ['--columns=name', 'find', 'Bridge', `name=${bridge}`, ...Object.entries(drainingMarker).map(externalID)];
}

function addPortCommand({ name, bridge, vlans, owner }: NewPort): readonly string[] {
  return ['add-port', bridge, name, ...vlanColumns(vlans), ...Object.entries(externalIDs(owner)).map(externalID)];
}

function vlanColumns(vlans: PortVlans): readonly string[] {
  return [
    `vlan_mode=${vlans.mode}`,
    ...('tag' in vlans ? [`tag=${vlans.tag}`] : []),
    ...('trunks' in vlans ? [`trunks=${vlans.trunks.join(',')}`] : []),
  ];
}

/** Quoted, so that a text stays one text whatever is in it. */
function externalID([key, value]: readonly [string, string]): string {
  return `external_ids:${key}=${JSON.stringify(value)}`;
}

/** Prints three tables: Port, Interface and Bridge. */
function findPortsCommand(wanted: WantedPorts): readonly string[] {
  const condition = 'name' in wanted ? `name=${wanted.name}` : externalID([ownerKey('network'), wanted.network]);
  const interfaces = 'name' in wanted ? ['find', 'Interface', condition] : ['list', 'Interface'];
  const ours = Object.entries(marker).map(externalID);
  return [
    '--format=json',
    ...oneOf(columns(portColumns), 'find', 'Port', ...ours, condition),
    ...oneOf(columns(interfaceColumns), ...interfaces),
    ...oneOf(columns(bridgeColumns), 'list', 'Bridge'),
  ];
}

/** Several commands in one go. */
function oneOf(...words: readonly string[]): readonly string[] {
  return ['--', ...words];
}

function together(commands: readonly (readonly string[])[]): readonly string[] {
  return commands.flatMap((words) => oneOf(...words));
}

function columns(names: readonly string[]): string {
  return `--columns=${names.join(',')}`;
}
