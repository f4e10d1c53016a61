import { Failure } from '../../system/failure.ts';

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

export function refusedPort({ name, bridge, reason }: Readonly<Record<'name' | 'bridge' | 'reason', string>>): Failure {
  return new Failure('wiring', `Open vSwitch refuses the port ${name} on bridge ${bridge}: ${reason}`);
}

export function noBridge(bridge: string): Failure {
  return new Failure('wiring', `Open vSwitch: no bridge named ${bridge}`, {
    details: `make it with: ovs-vsctl add-br ${bridge}`,
  });
}
