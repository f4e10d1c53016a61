import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, type RunOptions } from '../fixture/command.ts';
import { hostLink } from '../cluster/reach.ts';
import { here } from '../fixture/netns.ts';
import { repository } from '../fixture/runtime.ts';

const demo = (options: RunOptions = {}) => run([process.execPath, join(repository, 'demo/demo.ts')], options);

test('the demo shows that two Pods on a VLAN reach each other and a third does not, and leaves nothing behind', async () => {
  const links = await namesOfLinks();
  const { code, stdout, stderr } = await demo();
  expect(stderr).not.toContain('The demo failed');
  expect(code).toBe(0);
  expect(stdout.match(/ 1 received/gu)).toHaveLength(4);
  expect(stdout.match(/ 0 received/gu)).toHaveLength(4);
  expect(stdout).toContain('"address": "10.10.1.2/24"');
  expect(stdout).toMatch(/the machine is as it was\.\n$/u);
  expect(mentioned(stdout).filter((path) => existsSync(path))).toEqual([]);
  expect(await namesOfLinks()).toEqual(links);
});

test('a demo that cannot go on says why, removes what it made and fails', async () => {
  const { code, stdout, stderr } = await demo({ env: { ANTREA_EXECUTABLE: '/bin/false' } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/The demo failed: Error: .*false ippool apply .*exit code 1/u);
  expect(mentioned(stdout).length).toBeGreaterThan(0);
  expect(mentioned(stdout).filter((path) => existsSync(path))).toEqual([]);
});

/** Every namespace and every file outside the repository that the demo talked about. */
function mentioned(text: string): readonly string[] {
  return text.match(/\/run\/netns\/[\w-]+|\/[\w./-]*\/antrea-(?:node|ovs)-\w+/gu) ?? [];
}

/** Other tests run at the same time, in namespaces of their own; some of these are linked with this one. */
async function namesOfLinks(): Promise<readonly string[]> {
  return (await here.links()).map((link) => link.ifname).filter((name) => !name.startsWith(hostLink));
}
