import { createServer } from 'node:http';

// As much of an API server as the agent asks for: its Node, whose InternalIP is 10.9.0.5, and no AntreaNodeConfig.
createServer((request, response) => {
  const path = request.url?.split('?')[0] ?? '';
  const isNode = path === '/api/v1/nodes/node-1';
  const node = {
    metadata: { name: 'node-1', uid: 'a' },
    status: { addresses: [{ type: 'InternalIP', address: '10.9.0.5' }] },
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(isNode ? node : { items: [] }));
}).listen(6443, '0.0.0.0');
