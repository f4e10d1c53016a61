import { Failure } from '../system/failure.ts';
import { readText, type Named } from './kubeconfig-fields.ts';

export interface Server {
  readonly secure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** What precedes every path: empty, or with a slash at its start and none at its end. */
  readonly base: string;
}

/** @throws Failure `config` */
export function readServer(cluster: Named): Server {
  const text = readText(cluster, 'server') ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure = url?.protocol === 'https:';
  if (url === undefined || (!secure && url.protocol !== 'http:') || url.username !== '' || url.search !== '') {
    throw new Failure(
      'config',
      `${cluster.path}.server is ${JSON.stringify(text)}: expected a URL such as "https://10.0.0.1:6443"`,
    );
  }
  return {
    secure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    base: url.pathname.replace(/\/+$/, ''),
  };
}
