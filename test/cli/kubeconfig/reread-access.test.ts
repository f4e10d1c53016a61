import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rereadAccess } from '../../../src/cli/kubeconfig/reread-access.ts';
import type { ClusterAccess } from '../../../src/kube/kubeconfig.ts';
import { createAuthority } from '../../cluster/certificates.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

type Pair = NonNullable<ClusterAccess['clientCertificate']>;

const resources = createResources();
let [one, two]: Pair[] = [];
let ca = '';
beforeEach(async () => {
  const { path } = await resources.use(makeTempDir('reread'));
  const authority = await createAuthority(path);
  ca = readFileSync(authority.certificate, 'utf8');
  const issue = async (name: string): Promise<Pair> => {
    const { certificate, key } = await authority.issue({ name, subject: `/CN=${name}` });
    return { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  };
  [one, two] = [await issue('one'), await issue('two')];
});
afterEach(resources.release);

function accessWith(clientCertificate: Pair | undefined, token?: string): ClusterAccess {
  const server = { secure: true, host: '10.0.0.1', port: 6443, base: '' };
  return { server, ca, servername: undefined, clientCertificate, token: () => token };
}

/** What is used after it was refused once, when this is what is read then. */
async function afterRefusal(first: ClusterAccess, next: ClusterAccess): Promise<ClusterAccess | undefined> {
  const { renewed } = rereadAccess(first, async () => next);
  const refused = await renewed?.({ refused: undefined, patience: 1000 });
  return renewed?.({ refused, patience: 1000 });
}

describe('credentials of a kubeconfig', () => {
  it('are read again when they were refused, and not before', async () => {
    let reads = 0;
    const access = rereadAccess(accessWith(one, 'a'), async () => {
      reads += 1;
      return accessWith(two, 'b');
    });
    const first = await access.renewed?.({ refused: undefined, patience: 1000 });
    expect([first?.clientCertificate, access.token(), reads]).toStrictEqual([one, 'a', 0]);
    const ask = async () => access.renewed?.({ refused: first, patience: 1000 });
    const [second, third] = await Promise.all([ask(), ask()]);
    expect([second?.clientCertificate, access.token(), third]).toStrictEqual([two, 'b', second]);
    await ask();
    expect(reads).toBe(2);
  });

  it('are the same, and not tried again, when nothing else is read', async () => {
    const first = accessWith(one, 'a');
    expect(await afterRefusal(first, accessWith(one, 'a'))).toBe(first);
  });

  it('are the same while only one of certificate and key is a new one', async () => {
    const first = accessWith(one);
    expect(await afterRefusal(first, accessWith(one && two && { cert: two.cert, key: one.key }))).toBe(first);
  });

  it('are the same when the new ones are for another server, which this one is not to see', async () => {
    const first = accessWith(one);
    const elsewhere = { ...accessWith(two), server: { ...first.server, host: '10.0.0.9' } };
    expect(await afterRefusal(first, elsewhere)).toBe(first);
  });
});

describe("the authority's certificates of a kubeconfig", () => {
  const before = '-----BEGIN CERTIFICATE-----';
  /** What is used after the API server was not believed, when these are what is read then. */
  async function afterDistrust(next: Partial<ClusterAccess>): Promise<string | undefined> {
    const { renewed } = rereadAccess({ ...accessWith(one), ca: before }, async () => ({ ...accessWith(one), ...next }));
    const distrusting = await renewed?.({ patience: 1000 });
    return (await renewed?.({ distrusting, patience: 1000 }))?.ca;
  }

  it('are read again when the API server was not believed by them', async () => {
    expect(await afterDistrust({ ca })).toBe(ca);
  });

  it('stay when the others are those of another server', async () => {
    expect(await afterDistrust({ ca, server: { secure: true, host: '10.0.0.9', port: 6443, base: '' } })).toBe(before);
  });
});
