import { readFileSync } from 'node:fs';

const { headers, file } = JSON.parse(process.argv[2]);

/** What a bare server is told to answer with: the bytes and the content headers Mergepix answered with. */
export const answer = { headers, body: readFileSync(file) };

/** Tells the parent which port a server listens on. */
export const announce = (server) => process.send({ port: server.address().port });
