import { Failure } from '../../system/failure.ts';
import { PortFailure } from '../port-failure.ts';
import type { NewPort } from './driver.ts';

/** No connection was had, so nothing was changed. */
export class OvsUnreachable extends Failure {
  override readonly name = 'OvsUnreachable';

  constructor(database: string, reason: string) {
    super('unavailable', `Open vSwitch's database cannot be reached at ${database}`, {
      details: `${reason}; is ovsdb-server running, and is the Node file's ovsdb right?`,
    });
  }
}

/** It was asked; whether it did what it was asked for is not known. */
export function connectionBroke(database: string, details: string): Failure {
  return new Failure('unavailable', `the connection to Open vSwitch's database at ${database} broke off`, { details });
}

export function noAnswer(database: string): Failure {
  return new Failure('unavailable', `Open vSwitch does not answer at ${database}`, {
    details: 'are ovsdb-server and ovs-vswitchd running?',
  });
}

/** A failure that is about every port of one bridge. */
class BridgeFailure extends Failure {
  override readonly name = 'BridgeFailure';
  readonly bridge: string;

  constructor(bridge: string, { kind, message, details = '' }: Failure) {
    super(kind, message, { details });
    this.bridge = bridge;
  }
}

export function noBridge(bridge: string): Failure {
  const details = `make it with: ovs-vsctl add-br ${bridge}`;
  return new BridgeFailure(bridge, new Failure('wiring', `Open vSwitch: no bridge named ${bridge}`, { details }));
}

export function drainingBridge(bridge: string): Failure {
  const failure = new Failure('unavailable', `the bridge ${bridge} is going away, and takes no new ports`, {
    details: `the agent deletes it when no Pod is attached to it any more: see its /readyz; let networks name the bridge that comes, or let the agent's configuration have ${bridge} again`,
  });
  return new BridgeFailure(bridge, failure);
}

export function refusedPort({ name, bridge }: NewPort, reason: string): PortFailure {
  return new PortFailure(
    name,
    new Failure('wiring', `Open vSwitch refuses the port ${name} on bridge ${bridge}: ${reason}`),
  );
}

/** Finds out which of the ports a failure is about; one that is about all of them stays what it is. */
export function aboutPort(ports: readonly NewPort[], error: unknown): unknown {
  if (!(error instanceof Failure) || error instanceof PortFailure) return error;
  const { message, details = '' } = error;
  const port =
    error instanceof BridgeFailure
      ? ports.find(({ bridge }) => bridge === error.bridge)
      : ports.find(({ name }) => `${message} ${details}`.includes(name));
  return port === undefined ? error : new PortFailure(port.name, error);
}
