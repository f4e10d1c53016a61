import { readFileSync } from 'node:fs';
import { isObject, objectsIn, parseJson, textAt, type JsonObject } from '../fixture/json.ts';

/** One finished request, as the API server's audit log has it. */
export interface AuditEvent {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`. */
  readonly verb: string;
  readonly path: string;
  /** `ippools`, `pods/status`, …; empty for paths that are no resources. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly userAgent: string;
  readonly code: number;
  /** When the request came, in ms since 1970. */
  readonly at: number;
}

export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted', 'Panic'],
  rules: [{ level: 'None', nonResourceURLs: ['/readyz*', '/healthz*', '/livez*'] }, { level: 'Metadata' }],
};

/** What the API server has answered so far, in the order in which it finished. A line that is being written is left out. */
export function readAudit(file: string): readonly AuditEvent[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return objectsIn(lines.map(parseJson)).map(toEvent);
}

function toEvent(event: JsonObject): AuditEvent {
  const ref = at(event, 'objectRef');
  const sub = textAt(ref, 'subresource');
  const resource = textAt(ref, 'resource') ?? '';
  const code = at(event, 'responseStatus')['code'];
  return {
    verb: textAt(event, 'verb') ?? '',
    path: textAt(event, 'requestURI') ?? '',
    resource: sub === undefined ? resource : `${resource}/${sub}`,
    namespace: textAt(ref, 'namespace') ?? '',
    name: textAt(ref, 'name') ?? '',
    user: textAt(at(event, 'impersonatedUser'), 'username') ?? textAt(at(event, 'user'), 'username') ?? '',
    userAgent: textAt(event, 'userAgent') ?? '',
    code: typeof code === 'number' ? code : 0,
    at: Date.parse(textAt(event, 'requestReceivedTimestamp') ?? ''),
  };
}

function at(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}
