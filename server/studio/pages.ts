import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import compression from 'compression';
import express, { Router } from 'express';
import { AppError } from '../../core/errors.ts';
import { places } from '../../core/node/places.ts';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // Where something stands on the page is written into its style by the components.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

// A file that is missing is missing, and no page.
const FILES = /^\/studio\/(?:files|fonts|emoji)\/|\./;

/** The studio at `/studio`: one page that shows all, and its files. Whoever opens it has still to sign in. */
export function routeStudioPages(): Router {
  const folder = join(places.built, 'studio');
  const router = Router();
  // A file's name changes with what is in it.
  router.use(
    '/studio/files',
    compression(),
    express.static(join(folder, 'files'), {
      ...{ cacheControl: false, index: false, redirect: false },
      setHeaders: (response) => void response.setHeader('Cache-Control', 'public, max-age=31536000, immutable'),
    }),
    () => {
      throw new AppError('not_found', 'There is no such file of the studio: load the page again.');
    },
  );
  let page: string | undefined;
  router.get(['/studio', '/studio/*path'], (request, response, next) => {
    if (FILES.test(request.path)) return next();
    page ??= readFileSync(join(folder, 'index.html'), 'utf8');
    response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' });
    response.type('html').send(page);
  });
  return router;
}
