import { createHash } from 'node:crypto';
import { escapeHtml } from '../../core/links/html.ts';

/** What a page shows of a picture. */
export type Shared = {
  /** Absolute addresses, for whoever shows a preview of the page. */
  readonly pageUrl: string;
  readonly imageUrl: string;
  /** As the page, which may lie behind another name, asks for them. */
  readonly picture: string;
  /** What is offered for download. */
  readonly file: string;
  readonly fileName: string;
  readonly fileType: string;
  readonly mime: string;
  readonly title: string;
  readonly alt: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
};

const style = `
:root { color-scheme: light dark; --paper: #f5f4f1; --ink: #17181c; --soft: #5d616b; --line: #17181c1f; --button: #17181c; --label: #fff; --glow: .38 }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1013; --ink: #f3f3f1; --soft: #a2a6b0; --line: #ffffff24; --button: #f3f3f1; --label: #0f1013; --glow: .34 } }
* { box-sizing: border-box; margin: 0 }
body { min-height: 100vh; min-height: 100svh; display: grid; place-items: center; padding: clamp(1.25rem, 4vw, 4rem); overflow-x: hidden;
  background: var(--paper); color: var(--ink); font: 1rem/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; -webkit-font-smoothing: antialiased }
main { width: 100%; max-width: 60rem; display: grid; gap: clamp(1.75rem, 4vw, 2.75rem); justify-items: center }
figure { position: relative; display: grid; place-items: center; max-width: 100% }
figure img { display: block; max-width: 100%; max-height: 66vh; max-height: 66svh; width: auto; height: auto; border-radius: 12px }
.picture { position: relative; filter: drop-shadow(0 1px 1px #00000024) drop-shadow(0 14px 24px #00000038) }
.glow { position: absolute; inset: 0; width: 100%; height: 100%; transform: translateY(5%) scale(1.04); filter: blur(48px) saturate(1.5); opacity: var(--glow) }
.about { position: relative; display: grid; gap: .4rem; justify-items: center; text-align: center; max-width: 40rem }
h1 { font-size: clamp(1.4rem, 1.1rem + 1.5vw, 2rem); line-height: 1.2; font-weight: 650; letter-spacing: -.02em; text-wrap: balance }
p { color: var(--soft); text-wrap: pretty; overflow-wrap: anywhere }
.button { display: inline-flex; align-items: center; gap: .6rem; margin-top: 1.1rem; padding: .72rem 1.3rem; border-radius: 999px; background: var(--button); color: var(--label);
  font-weight: 600; text-decoration: none; transition: transform .15s ease, opacity .15s ease }
.button:hover { transform: translateY(-1px); opacity: .9 }
.button:focus-visible { outline: 3px solid var(--soft); outline-offset: 3px }
svg { width: 1.05em; height: 1.05em }
.blank { width: 4.5rem; height: 4.5rem; border-radius: 1.1rem; border: 1px solid var(--line); display: grid; place-items: center; color: var(--soft) }
.blank svg { width: 2rem; height: 2rem }
@media (prefers-reduced-motion: reduce) { .button { transition: none } }
@media print { .glow, .button { display: none } }
`;

/** The policy of these pages: their own style and pictures from here, nothing else. */
export const sharePolicy = [
  "default-src 'none'",
  "img-src 'self'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const line = (path: string): string =>
  `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${path}"/></svg>`;

const page = (head: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${head}
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;

/** The page of one picture, with what previews elsewhere are made from. Needs no script. */
export function sharePage(shared: Shared): string {
  const { pageUrl, imageUrl, picture, file, fileName, fileType, mime, title, alt, width, height } = shared;
  const properties = {
    'og:type': 'website',
    'og:url': pageUrl,
    'og:title': title,
    'og:description': alt,
    'og:image': imageUrl,
    'og:image:type': mime,
    'og:image:width': String(width),
    'og:image:height': String(height),
    'og:image:alt': alt,
  };
  const names = {
    description: alt,
    'twitter:card': 'summary_large_image',
    'twitter:title': title,
    'twitter:description': alt,
    'twitter:image': imageUrl,
    'twitter:image:alt': alt,
  };
  const metas = [
    ...Object.entries(properties).map(([name, text]) => `<meta property="${name}" content="${escapeHtml(text)}">`),
    ...Object.entries(names).map(([name, text]) => `<meta name="${name}" content="${escapeHtml(text)}">`),
  ];
  const size = `src="${escapeHtml(picture)}" width="${width}" height="${height}"`;
  return page(
    `<title>${escapeHtml(title)}</title>\n<link rel="canonical" href="${escapeHtml(pageUrl)}">\n${metas.join('\n')}`,
    `<main>
<figure><img class="glow" ${size} alt="" aria-hidden="true"><img class="picture" ${size} alt="${escapeHtml(alt)}"></figure>
<div class="about">
<h1 dir="auto">${escapeHtml(title)}</h1>
<p dir="auto">${escapeHtml(alt)}</p>
<a class="button" href="${escapeHtml(file)}" download="${escapeHtml(fileName)}">${line('M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 20h14')}Download ${fileType}</a>
</div>
</main>`,
  );
}

/** A page that says in two sentences why there is no picture. */
export const neutralPage = (title: string, sentence: string): string =>
  page(
    `<title>${escapeHtml(title)}</title>`,
    `<main>
<div class="blank">${line('M4 5h16v14H4zM4 16l4.5-4.5 4 4L15 13l5 5')}</div>
<div class="about">
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(sentence)}</p>
</div>
</main>`,
  );
