import type { KubeClient } from '../../kube/client.ts';
import type { NetworkSelection } from '../../multinet/annotation.ts';
import {
  definitionPath,
  parseConfiguration,
  readNetworkConfiguration,
  resourceOf,
  type NetworkConfiguration,
} from '../../multinet/nad.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import type { Log } from '../../system/log.ts';
import { quote } from '../../system/quote.ts';

export interface Definition extends NetworkConfiguration {
  /** Whether the configuration is an administrator's: a file of the Node. */
  readonly isTrusted: boolean;
}

export interface DefinitionSources {
  readonly client: KubeClient;
  readonly files: Pick<Files, 'list' | 'read'>;
  readonly nadDir: string;
  readonly log: Log;
}

/**
 * Reads a NetworkAttachmentDefinition, and the file of the Node that it stands for if it is empty.
 * @throws Failure
 */
export async function readDefinition(sources: DefinitionSources, selection: NetworkSelection): Promise<Definition> {
  const { namespace, name } = selection;
  const path = definitionPath(selection);
  const { status, body } = await sources.client.send({ method: 'GET', path, expect: [404] });
  if (status === 404) throw new Failure('config', `there is no NetworkAttachmentDefinition ${name} in ${namespace}`);
  const resource = resourceOf(body);
  if (resource !== undefined) {
    throw new Failure(
      'unsupported',
      `k8s.v1.cni.cncf.io/resourceName ${quote(resource)}: devices of device plugins are not attached without Multus`,
    );
  }
  const configuration = readNetworkConfiguration(body);
  if (configuration !== undefined) return { ...configuration, isTrusted: false };
  return { ...findFile(sources, name), isTrusted: true };
}

/** Of the files in their order, the first with that name. One that cannot be read must not keep others from being found. */
function findFile({ files, nadDir, log }: DefinitionSources, name: string): NetworkConfiguration {
  const names = files.list(nadDir).filter((file) => /\.(?:conf|json|conflist)$/.test(file));
  for (const file of names.toSorted()) {
    const path = `${nadDir}/${file}`;
    try {
      const found = parseConfiguration(files.read(path).toString('utf8'), { what: path, fallbackName: '' });
      if (found.name === name) return found;
    } catch (error) {
      log('warn', 'a configuration of a network is passed over', { file: path, error: messageOf(error) });
    }
  }
  throw new Failure('config', `spec.config is empty, and no file in ${nadDir} has the name ${JSON.stringify(name)}`);
}
