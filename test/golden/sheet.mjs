// npm run sheet: every layer, font and script on one page to look at, test/golden/actual/sheet.html.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createRenderer } from '../../dist/core/node/renderer.js';
import { FAMILIES } from '../../dist/core/paint/text/families.js';
import { imageRefs } from '../../dist/core/template/assets.js';
import { applyContract } from '../../dist/core/template/contract.js';
import { parseTemplate } from '../../dist/core/template/parse.js';
import { readTemplateFolder } from '../../dist/server/assets/folder.js';

const here = import.meta.dirname;
const FILE = join(here, 'actual', 'sheet.html');
const WEIGHTS = [100, 200, 300, 400, 500, 600, 700, 800, 900];
const live = { now: Date.UTC(2027, 0, 30, 12) };

/** A line of each script that names come in, the way its readers would write it. */
const SCRIPTS = {
  Latin: 'Zoë Åström, Łukasz & Nguyễn Thị Ánh',
  Greek: 'Καλώς ήρθες, Ελένη!',
  Cyrillic: 'С возвращением, Алёна!',
  Arabic: 'مرحبًا أميرة، لديك ٢٤٥٠ نقطة',
  Hebrew: 'ברוכה השבה, נועה! 50% הנחה',
  Devanagari: 'वापसी पर स्वागत है, प्रियंका',
  Thai: 'ยินดีต้อนรับกลับมา คุณสมชาย',
  'Chinese (simplified)': '欢迎回来，李小龙！',
  Japanese: 'おかえりなさい、田中さん。',
  Korean: '다시 오신 것을 환영합니다, 김민준 님',
  Emoji: 'Well done 🎉 👩🏽‍🚀 👨‍👩‍👧‍👦 🇧🇷 ❤️',
  Mixed: 'Hi أميرة, your 3 orders (東京) are here 🎁',
};

const renderer = createRenderer();
const plain = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

async function figure(source, data, caption) {
  const { template } = source;
  const { values } = applyContract(template.fields, data);
  const images = Object.fromEntries(imageRefs(template, values).map((ref) => [ref, null]));
  const order = { template: { key: source.key, load: () => source }, values, live, images };
  const { bytes, warnings } = await renderer.render({ ...order, format: 'png', scale: 2, quality: 100 });
  const said = warnings.map(({ message }) => `<li>${plain(message)}</li>`).join('');
  const { width } = template.size;
  return `<figure><img width="${width}" alt="" src="data:image/png;base64,${bytes.toString('base64')}"><figcaption>${plain(caption)}<ul>${said}</ul></figcaption></figure>`;
}

/** A template of lines of text, one below the other. */
function lines(name, texts) {
  const rows = texts.map((layer, i) => ({
    ...{ id: `line-${i}`, type: 'text', box: { x: 16, y: 12 + i * 40, width: 608, height: 34 } },
    ...{ fontSize: 24, verticalAlign: 'middle', fit: { minFontSize: 14, maxLines: 1 } },
    ...layer,
  }));
  const size = { width: 640, height: 24 + texts.length * 40 };
  const template = parseTemplate({ name, size, output: { format: 'png' }, alt: name, layers: rows });
  return { template, assets: {}, key: `sheet ${name}` };
}

async function layers() {
  const files = (await readdir(join(here, 'layers'))).filter((file) => file.endsWith('.json')).sort();
  const figures = [];
  for (const file of files) {
    const source = await readTemplateFolder(join(here, 'layers', file));
    for (const [set, data] of Object.entries(source.template.datasets))
      figures.push(await figure(source, data, `${basename(file, '.json')}, ${set}`));
  }
  return figures;
}

const families = () =>
  Promise.all(
    FAMILIES.map((fontFamily, i) => {
      const texts = [
        ...WEIGHTS.map((fontWeight) => ({
          fontFamily,
          fontWeight,
          text: `${fontFamily} ${fontWeight}: Hamburgefonstiv €0123`,
        })),
        { fontFamily, fontStyle: 'italic', text: `${fontFamily} italic: Hamburgefonstiv €0123` },
      ];
      return figure(lines(`family-${i}`, texts), {}, fontFamily);
    }),
  );

const scripts = () =>
  Promise.all(
    ['Inter', 'Playfair Display'].map((fontFamily, i) => {
      const texts = Object.values(SCRIPTS).map((text) => ({ fontFamily, text }));
      return figure(lines(`scripts-${i}`, texts), {}, `${Object.keys(SCRIPTS).join(', ')} in ${fontFamily}`);
    }),
  );

const sections = { Layers: await layers(), Families: await families(), Scripts: await scripts() };
const body = Object.entries(sections).map(
  ([title, figures]) => `<h2>${title}</h2><section>${figures.join('')}</section>`,
);
await mkdir(join(here, 'actual'), { recursive: true });
await writeFile(
  FILE,
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mergepix: everything it draws</title>
<style>body{font:14px system-ui;margin:32px;background:#f4f4f5;color:#18181b}section{display:flex;flex-wrap:wrap;gap:24px;align-items:start}figure{margin:0;background:#fff;padding:12px;border-radius:8px}img{display:block;max-width:640px;background:repeating-conic-gradient(#eee 0 25%,#fff 0 50%) 0/16px 16px}figcaption{margin-top:8px;max-width:640px}ul{margin:4px 0 0;padding-left:18px;color:#9a3412}</style>
<h1>Everything Mergepix draws</h1>${body.join('')}</html>`,
);
process.stdout.write(`look at ${FILE}\n`);
