import { Router } from 'express';
import type { FontSource } from '../../core/browser/fonts.ts';
import { readBuild } from '../../core/node/build.ts';
import { readBundledCoverage } from '../../core/node/coverage.ts';
import { emojiSvg } from '../../core/node/emoji.ts';
import { fontFiles } from '../../core/node/fonts.ts';

/** What `/studio/assets.json` says; addresses are relative to `/studio/`. */
export type StudioAssets = {
  readonly fonts: readonly FontSource[];
  /** The letters of every family, as `writeCoverage` writes them. */
  readonly coverage: Readonly<Record<string, string>>;
  /** An emoji is at this address, followed by its code points in hex, joined by dashes, and `.svg`. */
  readonly emoji: string;
};

const YEAR = 'public, max-age=31536000, immutable';
const CODES = /^([0-9a-f]{2,6}(?:-[0-9a-f]{2,6}){0,15})\.svg$/;
const LAST_CODE_POINT = 0x10ffff;

/**
 * The very fonts and emoji that pictures are drawn with, for those drawn in a browser, and `/studio/assets.json`, which
 * lists them. Addresses hold the build's digest, so that browsers may keep what is behind them.
 */
export function routeStudioAssets(): Router {
  const build = readBuild();
  const files = new Map(
    fontFiles().map(({ family, weight, takenFor, italic, path }) => {
      const name = `${family.toLowerCase().replaceAll(' ', '-')}-${weight}${italic ? 'i' : ''}.ttf`;
      return [name, { path, font: { family, weights: takenFor.join(' '), italic, url: `fonts/${build}/${name}` } }];
    }),
  );
  const assets: StudioAssets = {
    fonts: [...files.values()].map(({ font }) => font),
    coverage: readBundledCoverage(),
    emoji: `emoji/${build}/`,
  };

  const router = Router({ caseSensitive: true, strict: true });
  router.use('/studio', (_request, response, next) => {
    response.set('Cross-Origin-Resource-Policy', 'same-origin');
    next();
  });
  // While machines are upgraded one after the other, a page of one build may ask another: it gets what is there, this once.
  const keep = (asked: string): string => (asked === build ? YEAR : 'no-store');

  router.get('/studio/assets.json', (_request, response) => void response.json(assets));
  router.get('/studio/fonts/:build/:name', (request, response, next) => {
    const found = files.get(request.params.name);
    if (!found) return next();
    response.sendFile(found.path, { cacheControl: false, headers: { 'Cache-Control': keep(request.params.build) } });
  });
  router.get('/studio/emoji/:build/:name', async (request, response, next) => {
    const codes = CODES.exec(request.params.name)?.[1]
      ?.split('-')
      .map((code) => Number.parseInt(code, 16));
    const svg = codes?.every((code) => code <= LAST_CODE_POINT) && (await emojiSvg(String.fromCodePoint(...codes)));
    if (!svg) return next();
    response.set('Cache-Control', keep(request.params.build)).type('svg').send(svg);
  });
  return router;
}
