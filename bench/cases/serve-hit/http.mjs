import { createServer } from 'node:http';
import { announce, answer } from './answer.mjs';

// Node's own server, no route, no logic: the ceiling.
const server = createServer((_request, response) => {
  response.writeHead(200, answer.headers);
  response.end(answer.body);
});
server.listen(0, '127.0.0.1', () => announce(server));
