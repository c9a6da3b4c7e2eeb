import express, { Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { beginSession, checkFromOwnPage, sessionCookie } from '../access/sessions.ts';
import { takeSignIn } from '../access/sign-in.ts';
import { isSecure } from '../config.ts';
import type { Services } from '../services.ts';
import { addSession } from '../stores/records/sessions.ts';

const order = z.strictObject({ token: z.string().regex(/^[\w-]{43}$/) });

/** `POST /studio/sign-in`: what a sign-in link holds for the cookie of a session, once. */
export function routeSignIn({ records, config, publicUrl }: Services): Router {
  const router = Router();
  router.post('/studio/sign-in', express.json({ limit: 1024 }), async (request, response) => {
    const secure = isSecure(config);
    checkFromOwnPage(request, { isSecure: secure, origin: new URL(publicUrl).origin });
    const { success, data } = order.safeParse(request.body);
    const found = success ? await takeSignIn(records, data.token, Date.now()) : undefined;
    if (!found)
      throw new AppError(
        'unauthorized',
        'This sign-in link was used or is too old: sign in with a key, or ask for another.',
      );
    const { token, record } = beginSession(found.workspace, found.keyHash, Date.now());
    await addSession(records, record);
    response.set('Set-Cookie', sessionCookie(token, secure)).status(204).end();
  });
  return router;
}
