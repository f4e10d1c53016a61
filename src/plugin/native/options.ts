import { validateSecondary } from '../../../build/generated/secondary.js';
import type { JsonObject } from '../../config/json.ts';
import { validate, type Schema } from '../../config/validate.ts';
import { refuseOtherCase } from '../../system/json-shape.ts';

/** How the networks of Pods are attached; schemas/secondary.schema.json tells of each key. */
export interface SecondaryOptions {
  readonly interfacePrefix: 'net' | 'eth';
  readonly namespaceIsolation: boolean;
  readonly globalNamespaces: readonly string[];
  readonly skipNamespaces: readonly string[];
  readonly nadDir: string;
  readonly networksStatus: boolean;
}

const secondary: Schema<Partial<SecondaryOptions>> = {
  validator: validateSecondary,
  matches: (data): data is Partial<SecondaryOptions> => validateSecondary(data),
};

const reserved = [
  'interfacePrefix',
  'namespaceIsolation',
  'globalNamespaces',
  'skipNamespaces',
  'nadDir',
  'networksStatus',
] as const satisfies readonly (keyof SecondaryOptions)[];

/** @throws Failure `config`, `decode` or `unsupported` naming the key */
export function readSecondaryOptions(raw: JsonObject): SecondaryOptions {
  refuseOtherCase(raw, { what: 'the network configuration', reserved });
  const conf = validate(secondary, raw, 'network configuration');
  return {
    interfacePrefix: conf.interfacePrefix ?? 'net',
    namespaceIsolation: conf.namespaceIsolation ?? false,
    globalNamespaces: conf.globalNamespaces ?? ['default'],
    skipNamespaces: conf.skipNamespaces ?? ['kube-system'],
    nadDir: conf.nadDir ?? '/etc/cni/multus/net.d',
    networksStatus: conf.networksStatus ?? false,
  };
}
