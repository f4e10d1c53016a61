import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../cluster/cluster.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { createCnitool } from '../../../fixture/cnitool.ts';
import { findCnitool } from '../../../fixture/go-tool.ts';
import { addNetns } from '../../../fixture/netns.ts';
import { createResources } from '../../../fixture/resources.ts';
import { uniqueName } from '../../../fixture/unique.ts';
import { addMachine, startInstallCluster, type Machine } from './bed.ts';

const tools = await findClusterTools();
const found = await findCnitool();

/** What stands for the primary plugin: an interface in name only. */
const primaryPlugin = `#!/bin/sh
case "$CNI_COMMAND" in
ADD) echo '{"cniVersion":"1.0.0","interfaces":[{"name":"'"$CNI_IFNAME"'","sandbox":"'"$CNI_NETNS"'"}]}' ;;
esac
`;

describe.skipIf(tools.dir === undefined || found.path === undefined)('libcni, as runtimes use it', () => {
  const resources = createResources();
  let cluster: Cluster;
  let machine: Machine;
  beforeAll(async () => {
    cluster = await resources.use(startInstallCluster());
    machine = await resources.use(addMachine(cluster));
    fs.mkdirSync(machine.bin);
    fs.writeFileSync(join(machine.bin, 'primary'), primaryPlugin, { mode: 0o755 });
  });
  afterAll(resources.release);

  it.each(['10-primary.conflist', '10-primary.conf'])(
    'finds our list by the name of %s, and calls both',
    async (file) => {
      const name = uniqueName('pods');
      const plugin = { type: 'primary' };
      for (const old of fs.readdirSync(machine.confDir).filter((one) => one.startsWith('10-')))
        fs.rmSync(join(machine.confDir, old));
      const content = file.endsWith('list') ? { name, plugins: [plugin] } : { name, ...plugin };
      fs.writeFileSync(join(machine.confDir, file), JSON.stringify({ cniVersion: '1.0.0', ...content }));
      expect(await machine.install()).toMatchObject({ code: 0 });
      // What ours was told, it tells.
      fs.writeFileSync(join(machine.bin, 'antrea'), telltale, { mode: 0o755 });
      const netns = await resources.use(addNetns());
      const cnitool = createCnitool({ cnitool: found.path ?? '', confDir: machine.confDir, path: [machine.bin] });
      const attachment = { netns: netns.path, ifname: 'eth0' };
      const added = await cnitool.add(name, attachment);
      expect(added).toMatchObject({ code: 0, json: { interfaces: [{ name: 'eth0', sandbox: netns.path }] } });
      const told: unknown = JSON.parse(fs.readFileSync(join(dirname(machine.bin), 'told'), 'utf8'));
      expect(told).toMatchObject({
        name,
        cniVersion: '1.0.0',
        networkType: 'secondary',
        prevResult: { interfaces: [{}] },
      });
      expect(await cnitool.del(name, attachment)).toMatchObject({ code: 0 });
    },
  );
});

const telltale = `#!${process.execPath}
const fs = require('node:fs');
if (process.env.CNI_COMMAND === 'ADD') {
  const told = fs.readFileSync(0, 'utf8');
  fs.writeFileSync(require('node:path').join(__dirname, '../told'), told);
  console.log(JSON.stringify(JSON.parse(told).prevResult));
}
`;
