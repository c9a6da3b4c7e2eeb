import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Router } from 'express';
import { templateJsonSchema } from '../../core/template/schema.ts';

const assets = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mergepix API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
</head>
<body>
<div id="documents"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

// A file of its own: the page's policy runs no script that stands inside it.
const start = `window.ui = SwaggerUIBundle({ url: 'openapi.json', dom_id: '#documents', deepLinking: true });\n`;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * `/openapi.json`, `/docs` to read and try it, and `/template.schema.json` for editors, with everything served from here. `describe` gives
 * the OpenAPI document.
 */
export function routeDocuments(describe: () => object): Router {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  // Made for the first reader: a start need not wait for it.
  let text: string | undefined;
  const router = Router({ strict: true });
  router.get('/openapi.json', (_request, response) => {
    text ??= JSON.stringify(describe());
    response.type('json').send(text);
  });
  router.get('/template.schema.json', (_request, response) => void response.type('json').send(templateJsonSchema()));
  router.use('/docs', (_request, response, next) => {
    response.set('Content-Security-Policy', policy);
    next();
  });
  router.get('/docs', (_request, response) => void response.type('html').send(page));
  router.get('/docs/start.js', (_request, response) => void response.type('js').send(start));
  for (const name of assets) {
    router.get(`/docs/${name}`, (_request, response) => response.sendFile(join(folder, name), { maxAge: '1h' }));
  }
  return router;
}
