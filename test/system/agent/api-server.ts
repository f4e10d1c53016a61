import { readFileSync, statSync, watchFile } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { isObject, objectsIn, parseJson } from '../../fixture/json.ts';

// As much of an API server as the agent asks for: its Node, whose InternalIP is 10.9.0.5, and the AntreaNodeConfig objects
// of a file.
const [, , file = ''] = process.argv;
const watching = new Set<ServerResponse>();

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
  response.writeHead(200, { 'content-type': 'application/json' });
  if (pathname === '/api/v1/nodes/node-1') response.end(JSON.stringify(node));
  else if (searchParams.get('watch') !== 'true') response.end(JSON.stringify(nodeConfigs()));
  else if (searchParams.get('resourceVersion') === version()) {
    response.flushHeaders();
    watching.add(response);
  } else expire(response);
}).listen(6443, '0.0.0.0');

// Whoever watches is to list anew.
watchFile(file, { interval: 50 }, () => {
  for (const response of watching) expire(response);
  watching.clear();
});

function expire(response: ServerResponse): void {
  const object = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code: 410,
    message: 'too old resource version',
  };
  response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
}

function nodeConfigs(): object {
  const resourceVersion = version();
  const list = parseJson(readFileSync(file, 'utf8'));
  const items = objectsIn(isObject(list) ? list['items'] : []).map(({ metadata, ...rest }) => {
    const facts = isObject(metadata) ? metadata : {};
    return { ...rest, metadata: { ...facts, uid: facts['name'], resourceVersion } };
  });
  return { metadata: { resourceVersion }, items };
}

function version(): string {
  return String(Math.trunc(statSync(file).mtimeMs));
}

const node = {
  metadata: { name: 'node-1', uid: 'a' },
  status: { addresses: [{ type: 'InternalIP', address: '10.9.0.5' }] },
};
