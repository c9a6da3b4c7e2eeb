import express from 'express';
import { announce, answer } from './answer.mjs';

// One Express 5 route that sends bytes it holds, and nothing else.
const app = express();
app.get('/i/:file', (_request, response) => {
  response.set(answer.headers);
  response.end(answer.body);
});
const server = app.listen(0, '127.0.0.1', () => announce(server));
