import { type Request, type Response, Router } from 'express';
import { AppError } from '../../core/errors.ts';
import { problems } from '../api/problems.ts';
import type { Services } from '../services.ts';
import { neutralPage, sharePolicy } from '../share/page.ts';
import { CALLBACK_PATH, grantWish } from './authorize.ts';
import { platforms } from './platforms.ts';

/** Where a platform sends the browser back to: connects the account and says in two sentences how that went. */
export function routeCallback(services: Services): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get(CALLBACK_PATH, async (request, response, next) => {
    // Whoever only asks for the headers is no browser, and the code is good for one use.
    if (request.method !== 'GET') return next();
    response.locals.route = CALLBACK_PATH;
    response.set({ 'Content-Security-Policy': sharePolicy, 'X-Robots-Tag': 'noindex' }).type('html');
    const [title, sentence] = await answer(services, request, response);
    response.send(neutralPage(title, sentence));
  });
  return router;
}

async function answer(services: Services, { query }: Request, response: Response): Promise<[string, string]> {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : undefined);
  try {
    const { platform, account, missing } = await grantWish(services, {
      state: text('state') ?? '',
      code: text('code'),
    });
    const rest = missing.length === 0 ? 'You can close this window.' : missing.join(' ');
    return [`${platforms[platform].title} is connected`, `It is ${account}. ${rest}`];
  } catch (error) {
    const known = error instanceof AppError ? error : undefined;
    const status = known ? problems[known.code].status : 500;
    if (status >= 500) services.log.error('request.failed', { method: 'GET', status }, error);
    response.locals.code = known?.code ?? 'internal_error';
    response.status(status);
    return ['Nothing was connected', known?.message ?? 'It failed for a reason on our side: ask for a new address.'];
  }
}
