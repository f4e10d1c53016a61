import { readPassedEvent, readPassedRequest, type PassedEvent, type PassedRequest } from '../api-requests/read.ts';
import { checkPoolName } from '../../ipam/pool.ts';
import { readAddress } from '../../ipam/by-agent/address.ts';
import { fieldOf, integerOf, isAbsent, itemsOf, malformed, textOf, type Field } from '../../ipam/manifest.ts';
import type { Address } from '../../ipam/address.ts';
import type { Owner } from '../../ipam/store.ts';
import type { MadePair } from '../../net/ip-orders.ts';
import type { WantedPairs } from '../pairs.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import type { AnnouncedCall } from '../allocation/announced.ts';

/** What src/agent-protocol/protocol.ts describes, checked. */
export type Request =
  | { readonly op: 'hello' }
  | ({ readonly op: 'announce' } & AnnouncedCall)
  | { readonly op: 'pool'; readonly name: string; readonly search: number }
  | { readonly op: 'next'; readonly search: number }
  | ({ readonly op: 'create'; readonly search: number; readonly attempt: string } & Held)
  | { readonly op: 'get'; readonly pool: string; readonly address: Address }
  | ({ readonly op: 'release'; readonly pool: string; readonly version: string } & Held)
  | ({ readonly op: 'pairs'; readonly host: string } & Omit<WantedPairs, 'isWanted'>)
  | PassedRequest
  | PassedEvent;

interface Held {
  readonly address: Address;
  readonly owner: Owner;
}

/** @throws Failure `config` that names the key */
export function readRequest(message: JsonObject): Request {
  const root = { path: '', value: message };
  const op = fieldOf(root, 'op');
  switch (op.value) {
    case 'hello':
      return { op: op.value };
    case 'announce':
      return {
        op: op.value,
        type: shortText(root, 'type'),
        env: envOf(root),
        config: textOf(fieldOf(root, 'config'), 'a string'),
      };
    case 'pool':
      return { op: op.value, name: checkPoolName(fieldOf(root, 'name')), search: searchOf(root) };
    case 'next':
      return { op: op.value, search: searchOf(root) };
    case 'create':
      return { op: op.value, search: searchOf(root), attempt: attemptOf(root), ...heldOf(root) };
    case 'get':
      return { op: op.value, pool: poolOf(root), address: addressOf(root) };
    case 'release':
      return { op: op.value, pool: poolOf(root), version: versionOf(root), ...heldOf(root) };
    case 'pairs':
      return {
        op: op.value,
        host: shortText(root, 'host'),
        netns: shortText(root, 'netns'),
        path: textOf(fieldOf(root, 'path'), 'a path'),
        pairs: pairsOf(root),
      };
    case 'request':
      return readPassedRequest(root);
    case 'event':
      return readPassedEvent(root);
    default:
      throw malformed(op, 'hello, announce, pool, next, create, get, release, pairs, request or event');
  }
}

function envOf(root: Field): Readonly<Record<string, string>> {
  const { value } = fieldOf(root, 'env');
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).filter(isText)) : {};
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}

/** Of the searches of one connection. */
function searchOf(root: Field): number {
  return integerOf(fieldOf(root, 'search'), { min: 1, max: 1_000_000 });
}

function poolOf(root: Field): string {
  return checkPoolName(fieldOf(root, 'pool'));
}

function addressOf(root: Field): Address {
  const field = fieldOf(root, 'address');
  const address = readAddress(field.value);
  if (address === undefined) throw malformed(field, 'an IP address');
  return address;
}

function attemptOf(root: Field): string {
  return matching(fieldOf(root, 'attempt'), /^[0-9a-f]{1,64}$/, 'hexadecimal digits');
}

function versionOf(root: Field): string {
  return matching(fieldOf(root, 'version'), /^[\w-]{1,100}\/\d{1,20}$/, 'a UID and a version');
}

function heldOf(root: Field): Held {
  const owner = fieldOf(root, 'owner');
  const pod = fieldOf(owner, 'pod');
  return {
    address: addressOf(root),
    owner: {
      network: shortText(owner, 'network'),
      pod: {
        namespace: shortText(pod, 'namespace'),
        name: shortText(pod, 'name'),
        uid: shortText(pod, 'uid'),
        containerID: shortText(pod, 'containerID'),
        ifName: shortText(pod, 'ifName'),
        node: shortText(pod, 'node'),
      },
    },
  };
}

/** Of one Pod. The rest is checked where it becomes an order of `ip`. */
function pairsOf(root: Field): readonly MadePair[] {
  return itemsOf(fieldOf(root, 'pairs'), 256).map((field) => {
    const [host, link] = [fieldOf(field, 'host'), fieldOf(field, 'link')];
    return {
      host: {
        name: matching(fieldOf(host, 'name'), /^av[a-z0-9]{13}$/, 'the name of a link of ours'),
        mac: textOf(fieldOf(host, 'mac'), 'a string'),
        alias: textOf(fieldOf(host, 'alias'), 'a string'),
      },
      link: {
        name: textOf(fieldOf(link, 'name'), 'a string'),
        mac: textOf(fieldOf(link, 'mac'), 'a string'),
        mtu: integerOf(fieldOf(link, 'mtu'), { min: 1, max: 65_535 }),
      },
    };
  });
}

/** No fact that the API server takes is longer. */
const longest = 253;

function shortText(parent: Field, key: string): string {
  const field = fieldOf(parent, key);
  const text = isAbsent(field) ? '' : textOf(field, 'a string');
  if (text.length > longest) throw malformed(field, `at most ${longest} characters`);
  return text;
}

function matching(field: Field, form: RegExp, expected: string): string {
  const text = textOf(field, expected);
  if (!form.test(text)) throw malformed(field, expected);
  return text;
}
