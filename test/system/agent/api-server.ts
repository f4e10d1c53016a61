import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

// As much of an API server as the agent asks for: its Node, whose InternalIP is 10.9.0.5, and the AntreaNodeConfig objects
// of a file.
const [, , file = ''] = process.argv;

createServer((request, response) => {
  const path = request.url?.split('?')[0] ?? '';
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(path === '/api/v1/nodes/node-1' ? JSON.stringify(node) : readFileSync(file));
}).listen(6443, '0.0.0.0');

const node = {
  metadata: { name: 'node-1', uid: 'a' },
  status: { addresses: [{ type: 'InternalIP', address: '10.9.0.5' }] },
};
