import { Router } from 'express';
import { type TokenClaims, verifyToken } from '../../core/links/token.ts';
import { buildImagePath } from '../../core/links/url.ts';
import { isPictureFormat, outputs } from '../../core/template/output.ts';
import type { Template } from '../../core/template/schema.ts';
import { isLate, within } from '../deadline.ts';
import { makePlan, type Plan } from '../image/plan.ts';
import type { Services } from '../services.ts';
import { neutralPage, type Shared, sharePage, sharePolicy } from './page.ts';

const PLAN_MS = 1000;
// As long as what was taken back may still be seen.
const KEPT_SECONDS = 60;

/**
 * `/p/<token>`: the page of a sealed picture, for passing on. A forged token is 403; what is revoked, expired or was
 * never there looks all the same, 404.
 */
export function routeShare(services: Services): Router {
  const { signingKeys, log } = services;
  const router = Router({ caseSensitive: true, strict: true });

  function verify(token: string): TokenClaims | undefined {
    try {
      return verifyToken(token, signingKeys);
    } catch {
      return undefined;
    }
  }

  async function plan(claims: TokenClaims, token: string): Promise<Plan | undefined> {
    const address = { token, format: '', open: {} };
    const found = await within(makePlan(services, { claims, address, now: Date.now() }), PLAN_MS).catch((error) => {
      log.warn('page.failed', {}, error);
      return undefined;
    });
    return isLate(found) ? undefined : found;
  }

  router.get('/p/:token', async (request, response) => {
    response.locals.route = '/p/:token';
    const { token } = request.params;
    const claims = verify(token);
    response.set({ 'Content-Security-Policy': sharePolicy, 'X-Robots-Tag': 'noindex' }).type('html');
    if (!claims) {
      response.status(403);
      return response.send(neutralPage('This address is not whole', 'Copy it again from where you found it.'));
    }
    const planned = claims.kind === 'sealed' ? await plan(claims, token) : { reason: 'unknown' };
    if (!planned || planned.reason === 'unavailable') {
      response.status(503).set('Retry-After', '5');
      return response.send(
        neutralPage('One moment', 'The picture cannot be looked up just now: try again in a moment.'),
      );
    }
    if (!('drawing' in planned) || !planned.drawing) {
      response.status(404);
      return response.send(neutralPage('There is no picture here', 'It may have been taken back by whoever made it.'));
    }
    response.set('Cache-Control', `public, max-age=${KEPT_SECONDS}`);
    return response.send(sharePage(describe(services, token, planned.drawing)));
  });
  return router;
}

function describe({ publicUrl }: Services, token: string, drawing: NonNullable<Plan['drawing']>): Shared {
  const { published, values, format, scale } = drawing;
  const { template, compiled, name } = published;
  const shown = isPictureFormat(format) ? format : 'png';
  const offered = isPictureFormat(format) ? 'png' : format;
  const picture = buildImagePath({ token, format: outputs[shown].extension, open: {} });
  return {
    pageUrl: `${publicUrl}/p/${token}`,
    imageUrl: publicUrl + picture,
    picture: `..${picture}`,
    file: `..${buildImagePath({ token, format: outputs[offered].extension, open: {} })}`,
    fileName: `${name}.${outputs[offered].extension}`,
    fileType: offered.toUpperCase(),
    mime: outputs[shown].mime,
    title: titleOf(template),
    alt: compiled.alt(values),
    width: Math.round(template.size.width * scale),
    height: Math.round(template.size.height * scale),
  };
}

/** What people call the template, or its name in words. */
function titleOf({ title, name }: Template): string {
  const words = name.replaceAll('-', ' ');
  return title ?? words.charAt(0).toUpperCase() + words.slice(1);
}
