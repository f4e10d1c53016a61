import fs from 'node:fs';

/** Of this start of the machine: another one after each reboot (random(4)). */
export function bootID(): string {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
