import { Failure } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';

/** What a Pod asks of one network beyond its name, in the JSON form only; absent keys are not asked for. */
export interface SelectionRequests {
  /** Lower or upper case, with colons: an EUI-64. */
  readonly infinibandGUID?: string;
  /** As the capability `portMappings` has them. */
  readonly portMappings?: readonly JsonObject[];
  /** As the capability `bandwidth` has it: bits, and bits a second. */
  readonly bandwidth?: JsonObject;
  readonly deviceID?: string;
  /** Merged into `args.cni` of every plugin of the network. */
  readonly cniArgs?: JsonObject;
  /** Next hops of the Pod's default routes: at least one, without prefix length; checked where they are used. */
  readonly defaultRoute?: readonly string[];
  /** Name of an IPAMClaim. */
  readonly ipamClaim?: string;
}

/**
 * Reads them from an item of the annotation's list.
 * @param what names the item in a message
 * @throws Failure `config`
 */
export function readRequests(item: JsonObject, what: string): SelectionRequests {
  const read = readerOf(item, what);
  const guid = read('infiniband-guid', isGUID, 'an EUI-64 such as "c2:11:22:33:44:55:66:77"');
  const portMappings = read('portMappings', isPortMappings, '[{"hostPort": 8080, "containerPort": 80}]');
  const bandwidth = read('bandwidth', isBandwidth, '{"ingressRate": 1000000, "ingressBurst": 100000}');
  const deviceID = read('deviceID', isText, 'a string');
  const cniArgs = read('cni-args', isJsonObject, 'an object');
  const defaultRoute = read('default-route', isTexts, 'a list of addresses such as ["10.0.0.1"]');
  const ipamClaim = read('ipam-claim-reference', isText, 'a string');
  return {
    ...(guid !== undefined && { infinibandGUID: guid }),
    ...(portMappings !== undefined && portMappings.length > 0 && { portMappings }),
    ...(bandwidth !== undefined && { bandwidth }),
    ...(deviceID !== undefined && { deviceID }),
    ...(cniArgs !== undefined && { cniArgs }),
    ...(defaultRoute !== undefined && defaultRoute.length > 0 && { defaultRoute }),
    ...(ipamClaim !== undefined && { ipamClaim }),
  };
}

type Read = <T>(key: string, is: (value: unknown) => value is T, expected: string) => T | undefined;

/** An empty text is how Go writes "missing". */
function readerOf(item: JsonObject, what: string): Read {
  return (key, is, expected) => {
    const value = item[key];
    if (value === undefined || value === null || value === '') return undefined;
    if (is(value)) return value;
    throw new Failure(
      'config',
      `${what}: ${key} is ${JSON.stringify(value)?.slice(0, 80)}, which cannot be read: expected ${expected}`,
    );
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 253;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= 16 && value.every(isText);
}

function isGUID(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{2}(?::[0-9a-f]{2}){7}$/i.test(value);
}

function isPortMappings(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.length <= 1024 && value.every(isPortMapping);
}

function isPortMapping(value: unknown): boolean {
  return isJsonObject(value) && isNumber(value['hostPort'], 65_535) && isNumber(value['containerPort'], 65_535);
}

function isBandwidth(value: unknown): value is JsonObject {
  return isJsonObject(value) && Object.values(value).every((one) => isNumber(one, Number.MAX_SAFE_INTEGER));
}

function isNumber(value: unknown, greatest: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= greatest;
}
