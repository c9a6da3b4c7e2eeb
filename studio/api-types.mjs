// The types of the API, from the same schemas the service runs: what a page asks for is checked when it is built.
import { mkdir, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { apiOperations } from '../dist/server/api/index.js';
import { describeApi } from '../dist/server/api/openapi.js';

// Describing the operations runs none of them: what they would work with is never asked for anything.
const nothing = new Proxy(() => {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => '' : nothing),
  apply: () => nothing,
});
const document = describeApi(apiOperations(nothing), 'http://localhost', '0');
const types = astToString(await openapiTS(JSON.parse(JSON.stringify(document)), { defaultNonNullable: false }));
await mkdir(new URL('../dist/studio-api/', import.meta.url), { recursive: true });
await writeFile(new URL('../dist/studio-api/schema.d.ts', import.meta.url), types);
