import { describe, expect, it } from 'vitest';
import { chooseContext, type ParsedFile } from '../../../src/cli/kubeconfig/merge.ts';
import { failureOf } from '../../failure-of.ts';

const home: ParsedFile = {
  path: '/home/me/.kube/config',
  content: {
    'current-context': 'home',
    contexts: [
      { name: 'home', context: { cluster: 'c', user: 'u' } },
      { name: 'lab', context: { cluster: 'lab', user: 'u', namespace: 'team' } },
    ],
    clusters: [{ name: 'c', cluster: { server: 'https://home', 'certificate-authority': 'pki/ca.crt' } }],
    users: [{ name: 'u', user: { tokenFile: '/run/token', exec: { command: './login', args: ['./a'] } } }],
  },
};
const work: ParsedFile = {
  path: '/srv/work',
  content: {
    'current-context': 'work',
    clusters: [
      { name: 'c', cluster: { server: 'https://never' } },
      { name: 'lab', cluster: { server: 'https://lab', 'certificate-authority': 'ca.crt' } },
    ],
    users: [{ name: 'u', user: { token: 'never' } }],
  },
};

describe('several kubeconfigs', () => {
  it('give the first current-context, and of each name the first item', () => {
    const { name, namespace, kubeconfig } = chooseContext([home, work], undefined);
    expect({ name, namespace }).toStrictEqual({ name: 'home', namespace: 'default' });
    expect(kubeconfig['clusters']).toMatchObject([{ cluster: { server: 'https://home' } }, {}]);
  });

  it('are put together: a context of one, its cluster of another', () => {
    const { namespace, kubeconfig } = chooseContext([home, work], 'lab');
    expect(namespace).toBe('team');
    expect(kubeconfig).toMatchObject({
      'current-context': 'lab',
      clusters: [{ name: 'lab', cluster: { server: 'https://lab' } }],
    });
  });

  it('have paths from the folder of the file that names them', () => {
    expect(chooseContext([home, work], 'lab').kubeconfig).toMatchObject({
      clusters: [{ cluster: { 'certificate-authority': '/srv/ca.crt' } }],
      users: [
        { user: { tokenFile: '/run/token', exec: { command: '/home/me/.kube/./login', args: ['./a'] } } },
        { user: { token: 'never' } },
      ],
    });
  });

  it.each([
    ['dev', [home], 'the kubeconfig /home/me/.kube/config has no context "dev": expected one of home, lab'],
    [undefined, [{ ...home, content: {} }], 'has no current-context: expected --context; it has none'],
    ['c', [{ ...home, content: { contexts: [{ name: 'c' }] } }], 'expected another kubeconfig, as it has none'],
  ])('without the context %s, say which there are', (wanted, files, message) => {
    expect(failureOf(() => chooseContext(files, wanted))).toContain(message);
  });
});
