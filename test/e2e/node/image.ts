import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../fixture/command.ts';

/** What sandboxes and containers are made from: Debian's static busybox, and nothing that has to be fetched. */
export const image = 'docker.io/library/antrea-e2e:1';

/** Ends at once when it is told to; as the first process of a container, it would not without the trap. */
export const idle: readonly string[] = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'];

/** Makes it as `docker save` would. @returns the archive's path */
export async function makeImage(dir: string, busybox: string): Promise<string> {
  const bin = join(dir, 'rootfs/bin');
  mkdirSync(bin, { recursive: true });
  copyFileSync(busybox, join(bin, 'busybox'));
  for (const applet of ['sh', 'sleep', 'ping']) symlinkSync('busybox', join(bin, applet));
  await must(['tar', '-C', join(dir, 'rootfs'), '--owner=0', '--group=0', '-cf', join(dir, 'layer.tar'), '.']);
  const layer = createHash('sha256')
    .update(readFileSync(join(dir, 'layer.tar')))
    .digest('hex');
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Entrypoint: idle },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  };
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [image], Layers: ['layer.tar'] }];
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(dir, 'image.tar');
  await must(['tar', '-C', dir, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar']);
  return archive;
}
