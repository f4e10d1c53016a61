import type { Socket } from 'node:net';
import { createApi, type Api } from '../../kube/watch/api.ts';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import { files } from '../../system/files.ts';
import { pluginAccess } from '../api-requests/access.ts';
import { countCalls, type Calls } from '../api-requests/calls.ts';
import { createPassOn, type PassOn } from '../api-requests/pass-on.ts';
import { createPairMaker, type PairMaker } from '../pairs.ts';
import { repeat } from '../repeat.ts';
import { begunRecords } from '../../agent-protocol/begun.ts';
import { createAhead } from '../allocation/ahead.ts';
import { createChoice } from '../allocation/choice.ts';
import { serveConnection } from './connection.ts';
import { listenOn, type Listening } from './listen.ts';
import type { WatchMetrics } from '../../kube/watch/watch.ts';
import type { SocketMetrics } from './metrics.ts';
import { createSession } from './session.ts';
import { createKnowingStore } from '../allocation/store.ts';
import { watchView, type View } from '../allocation/view.ts';

export interface ServeOptions {
  readonly access: ClusterAccess;
  readonly nodeName: string;
  /** Of the socket. */
  readonly path: string;
  /** Path of the plugin's Node file, which says how the plugin reaches the API server; undefined: the agent does not know. */
  readonly nodeFile?: string | undefined;
  readonly metrics: SocketMetrics & WatchMetrics;
  readonly log: Log;
  /** Milliseconds between two looks whether the socket is still there. */
  readonly interval?: number;
}

export interface Serving {
  readonly view: View;
  /** Why nobody can be served; undefined: they are. */
  readonly problem: () => string | undefined;
  readonly stop: () => Promise<void>;
}

/** Milliseconds. The plugin waits a little longer (src/ipam/by-agent/store.ts), and then asks the API server itself. */
const limits = { attempt: 5000, total: 10_000 };

/** Serves the plugins of this Node, until it is stopped. */
export function startServing(options: ServeOptions): Serving {
  const { access, nodeName, nodeFile, metrics, log, interval = 10_000 } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const api = createApi(access, 'antrea-agent', limits);
  const view = watchView({ api, nodeName, signal, log, metrics });
  const place: Place = { listening: undefined, problem: 'the socket is not there yet' };
  const calls = countCalls();
  const passOn = createPassOn({ access: pluginAccess({ files, nodeFile }), nodeName, calls, log });
  const pairMaker = createPairMaker();
  const serve = serveWith(options, { ...api, passOn, calls, pairMaker }, view);
  const work = repeat(async () => keepPlace(place, options, serve), { interval, signal, log, what: 'listen' });
  const warm = async (): Promise<void> => {
    await Promise.all([keepWarm(api), passOn.keepWarm()]);
  };
  void repeat(warm, { interval: 45_000, signal, log, what: 'keep a connection' });
  return {
    view,
    problem: () => place.problem ?? view.problem(),
    stop: async () => {
      stopping.abort();
      await work;
      try {
        await place.listening?.close();
      } finally {
        pairMaker.close();
        await passOn.stop();
        api.close();
      }
    },
  };
}

/** More would wait longer for the API server than if they asked it themselves. An announced call counts twice. */
const maxUnderWay = 512;

type Serve = (socket: Socket) => void;

interface Served {
  readonly passOn: PassOn;
  readonly calls: Calls;
  readonly pairMaker: PairMaker;
}

function serveWith(
  { nodeName, path, metrics }: ServeOptions,
  { client, passOn, calls, pairMaker }: Pick<Api, 'client'> & Served,
  view: View,
): Serve {
  const choice = createChoice(view.heldHere);
  const store = createKnowingStore({ client, view, choice });
  const ahead = createAhead({ store, records: begunRecords(files, path) });
  let underWay = 0;
  metrics.underWay(() => underWay);
  const enter = (): boolean => {
    const hasRoom = underWay < maxUnderWay;
    if (hasRoom) underWay++;
    else metrics.busy();
    return hasRoom;
  };
  const leave = (): void => void underWay--;
  return (socket) => {
    const session = createSession({
      store,
      ahead,
      passOn,
      pairMaker,
      nodeName,
      ready: view.synced,
      observe: metrics.observe,
    });
    serveConnection({ socket, session, calls, enter, leave });
  };
}

interface Place {
  listening: Listening | undefined;
  problem: string | undefined;
}

/** What was removed, by whomever, is made again. */
async function keepPlace(place: Place, { path, log }: ServeOptions, serve: Serve): Promise<void> {
  const { listening } = place;
  if (listening?.isOurs() === true) return;
  try {
    place.listening = await listenOn(path, serve);
    place.problem = undefined;
    log('info', 'serving the plugin', { path });
  } catch (error) {
    place.problem = messageOf(error);
    throw error;
  }
  await listening?.close();
}

/** The API server closes one that is silent for 90 s, and a handshake costs more than all of an allocation. */
async function keepWarm({ client }: Api): Promise<void> {
  try {
    await client.send({ method: 'GET', path: '/version' });
  } catch {
    // The next request of a plugin will tell.
  }
}
