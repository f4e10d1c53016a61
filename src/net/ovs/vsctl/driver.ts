import type { Exec, Outcome } from '../../../system/exec.ts';
import { patienceOf, type NewPort, type OvsDriver, type OvsOptions, type WantedPorts } from '../driver.ts';
import { refusedPort } from '../failures.ts';
import { bridgeColumns, externalIDs, interfaceColumns, marker, ownerKey, portColumns, readPorts } from '../ports.ts';
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
    addPort: async (port) => {
      // An earlier try may have added it.
      const outcome = run(options, (attempt) => [...(attempt > 1 ? ['--may-exist'] : []), ...addPortCommand(port)]);
      if (!outcome.stderr.includes('Error detected')) return;
      throw refusedPort({ ...port, reason: errorLine(outcome.stderr) });
    },
    removePort: async (name) => {
      run(options, () => ['--no-wait', '--if-exists', 'del-port', name]);
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

function columns(names: readonly string[]): string {
  return `--columns=${names.join(',')}`;
}
