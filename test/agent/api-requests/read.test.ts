import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPassedEvent, readPassedRequest } from '../../../src/agent/api-requests/read.ts';
import { failureOf } from '../../kube/failure-of.ts';

const path = '/apis/k8s.cni.cncf.io/v1/namespaces/shop/network-attachment-definitions/blue';
const request = { kubeconfig: '/etc/kubeconfig', method: 'GET', path };
const pod = { namespace: 'shop', name: 'web', uid: 'u', mirrored: '' };
const event = { type: 'Normal', reason: 'AttachedNetworks', message: 'net1' };
const fieldOfRoot = (value: unknown) => ({ path: '', value });

describe('a request that the plugin wants to be passed on', () => {
  it.each([
    [path],
    ['/api/v1/namespaces/shop/pods/web/status'],
    ['/api/v1/namespaces/shop/events'],
    ['/apis/crd.antrea.io/v1beta1/ipallocations'],
    ['/apis/crd.antrea.io/v1beta1/ipallocations/a.fd00%3A%3A1'],
  ])('may be for %s', (one) => {
    expect(readPassedRequest(fieldOfRoot({ ...request, path: one })).request).toMatchObject({
      method: 'GET',
      path: one,
    });
  });

  it.each<[string, object]>([
    ['no path', { path: undefined }],
    ['a path that is a number', { path: 7 }],
    ['the path of no API', { path: '/metrics' }],
    ['the path of a group', { path: '/apis' }],
    ['a path that climbs', { path: '/api/v1/namespaces/../secrets' }],
    ['a path that climbs in disguise', { path: '/api/v1/namespaces/%2E%2e/secrets' }],
    ['another server', { path: 'https://elsewhere/api/v1/pods' }],
    ['a path with a query', { path: '/api/v1/pods?watch=true' }],
    ['a path with a new line', { path: '/api/v1/pods\r\nX: y' }],
    ['an empty part', { path: '/api/v1//pods' }],
    ['a method that is none', { method: 'CONNECT' }],
    ['a watch', { query: { watch: 'true' } }],
    ['a log that is followed', { query: { follow: 'true' } }],
    ['a query with another one in it', { query: { 'a&watch': 'true' } }],
    ['a query of numbers', { query: { limit: 5 } }],
    ['a body that is a text', { body: 'x' }],
    ['a header in disguise', { accept: 'application/json\r\nX: y' }],
    ['no kubeconfig', { kubeconfig: undefined }],
  ])('is refused with %s', async (_what, keys) => {
    const failed = failureOf(soon(() => readPassedRequest(fieldOfRoot({ ...request, ...keys }))));
    expect(await failed).toMatchObject({ kind: 'config' });
  });

  it('never ends otherwise, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(request), 'query', 'body'), fc.jsonValue()), (value) => {
        try {
          readPassedRequest(fieldOfRoot(value));
          return false;
        } catch (error) {
          return error instanceof Error && error.name === 'Failure';
        }
      }),
    );
  });
});

describe('an Event that the plugin leaves to the agent', () => {
  it('is what the plugin says', () => {
    const value = { kubeconfig: '/etc/kubeconfig', pod, event: { ...event, more: 1 } };
    expect(readPassedEvent(fieldOfRoot(value))).toStrictEqual({
      op: 'event',
      kubeconfig: '/etc/kubeconfig',
      pod,
      event,
    });
  });

  it.each<[string, object]>([
    ['no Pod', { pod: undefined }],
    ['a Pod without a name', { pod: { ...pod, name: undefined } }],
    ['a name that is too long', { pod: { ...pod, name: 'n'.repeat(254) } }],
    ['another type', { event: { ...event, type: 'Error' } }],
    ['a message that is none', { event: { ...event, message: {} } }],
  ])('is refused with %s', async (_what, keys) => {
    const value = { kubeconfig: '/etc/kubeconfig', pod, event, ...keys };
    expect(await failureOf(soon(() => readPassedEvent(fieldOfRoot(value))))).toMatchObject({ kind: 'config' });
  });
});

async function soon<T>(work: () => T): Promise<T> {
  return work();
}
