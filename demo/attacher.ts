import { dirname, relative } from 'node:path';
import { readFileSync } from 'node:fs';
import { createCnitool } from '../test/fixture/cnitool.ts';
import { findCnitool } from '../test/fixture/go-tool.ts';
import { isObject, objectsIn, parseJson, textAt, type JsonObject } from '../test/fixture/json.ts';
import type { Netns } from '../test/fixture/netns.ts';
import type { TestNode } from '../test/fixture/node.ts';
import { resultOf, succeeded } from '../test/fixture/outcome.ts';
import { createRuntime, makeContainerId, repository } from '../test/fixture/runtime.ts';

/** The interface's name in each Pod: beside the eth0 of a Pod's first network. */
export const ifname = 'net1';

/** Attaches a Pod to a network and detaches it, in one of two ways. */
export interface Attacher {
  /** One sentence: which way. */
  readonly about: string;
  /** The environment that a person would set before typing the commands. */
  readonly environment: string;
  /** `cnitool add vlan100 /run/netns/…` */
  readonly typed: (verb: 'add' | 'del', network: string, pod: Netns) => string;
  readonly add: (network: string, pod: Netns) => Promise<JsonObject>;
  readonly del: (network: string, pod: Netns) => Promise<void>;
}

export interface AttacherOptions {
  readonly node: TestNode;
  readonly executable: string;
}

/** By the real cnitool if it can be had, else by calling the executable as a container runtime does. */
export async function createAttacher(options: AttacherOptions): Promise<Attacher> {
  const found = await findCnitool();
  return found.path === undefined ? asRuntime(options, found.reason) : withCnitool(options, found.path);
}

function withCnitool({ node, executable }: AttacherOptions, cnitool: string): Attacher {
  const tool = createCnitool({ cnitool, node, path: [dirname(executable)], confDir: import.meta.dirname });
  return {
    about: `The real cnitool (${relative(repository, cnitool)}) attaches them, one after the other.`,
    environment: `CNI_PATH=${relative(repository, dirname(executable))} NETCONFPATH=demo CNI_IFNAME=${ifname}`,
    typed: (verb, network, pod) => `cnitool ${verb} ${network} ${pod.path}`,
    add: async (network, pod) => resultOf(await tool.add(network, { netns: pod.path, ifname })),
    del: async (network, pod) => succeeded(await tool.del(network, { netns: pod.path, ifname })),
  };
}

function asRuntime({ node, executable }: AttacherOptions, reason: string): Attacher {
  const runtime = createRuntime({ node, executable });
  const containerIds = new Map<string, string>();
  const attachment = (network: string, pod: Netns) => {
    const containerId = containerIds.get(pod.name) ?? makeContainerId();
    containerIds.set(pod.name, containerId);
    return { config: configOf(network), containerId, netns: pod.path, ifname };
  };
  return {
    about: `No cnitool here (${reason}), so the executable is called just as a container runtime does.`,
    environment: `CNI_PATH=${relative(repository, dirname(executable))} CNI_IFNAME=${ifname} CNI_CONTAINERID=…`,
    typed: (verb, network, pod) =>
      `CNI_COMMAND=${verb.toUpperCase()} CNI_NETNS=${pod.path} ${relative(repository, executable)}  # standard input: the plugin of demo/${network}.conflist, with name and cniVersion`,
    add: async (network, pod) => resultOf(await runtime.add(attachment(network, pod))),
    del: async (network, pod) => succeeded(await runtime.del(attachment(network, pod))),
  };
}

/** What a runtime makes of a list with one plugin: that plugin's object with the list's name and version. */
function configOf(network: string): JsonObject {
  const list = parseJson(readFileSync(`${import.meta.dirname}/${network}.conflist`, 'utf8'));
  if (!isObject(list)) throw new Error(`demo/${network}.conflist is not a JSON object`);
  const [plugin] = objectsIn(list['plugins']);
  return { ...plugin, name: textAt(list, 'name'), cniVersion: textAt(list, 'cniVersion') };
}
