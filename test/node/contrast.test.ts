import { describe, expect, it } from 'vitest';
import { createRenderer } from '../../core/node/renderer.ts';
import { applyContract } from '../../core/template/contract.ts';
import { parseTemplate } from '../../core/template/parse.ts';

const renderer = createRenderer();
const box = { x: 10, y: 10, width: 280, height: 60 };
const half = {
  id: 'panel',
  type: 'shape',
  shape: 'rect',
  box: { x: 0, y: 0, width: 150, height: 80 },
  fill: '#222222',
};
let made = 0;

/** What a proof says of one text, over other layers. */
async function read(text: object, under: object[] = [], { isProof = true, format = 'png' as const } = {}) {
  const template = parseTemplate({
    name: 'read',
    size: { width: 300, height: 80 },
    background: '#ffffff',
    alt: 'Read',
    fields: {
      ink: { type: 'color', fallback: '#000000' },
      items: { type: 'list', of: { name: { type: 'text' } } },
    },
    layers: [...under, { id: 'words', type: 'text', text: 'Every word of it', fontSize: 18, box, ...text }],
  });
  const { values } = applyContract(template.fields, { ink: '#fefefe', items: [{}, {}, {}, {}] });
  const key = `read ${made++}`;
  const job = { template: { key, load: () => ({ template, assets: {} }) }, values, images: {}, format };
  const { warnings } = await renderer.render({ ...job, scale: 2, quality: 80, isProof });
  return warnings.map(({ code, message }) => `${code}: ${/out (.*?) from.*? and (.*?) is/.exec(message)?.slice(1)}`);
}

describe('a proof', () => {
  it.each([
    ['black on white', {}, []],
    ['a grey just dark enough', { color: '#767676' }, []],
    ['a grey that is not', { color: '#777777' }, ['low_contrast: 4.4 : 1,4.5 : 1']],
    ['the same grey in large type', { color: '#777777', fontSize: 24 }, []],
    ['the same grey in bold type', { color: '#777777', fontSize: 19, fontWeight: 700 }, []],
    ['too light for any type', { color: '#aaaaaa', fontSize: 30 }, ['low_contrast: 2.3 : 1,3 : 1']],
    ['a colour that the data give', { color: '{{ ink }}' }, ['low_contrast: 1 : 1,4.5 : 1']],
    ['half transparent', { opacity: 0.5 }, ['low_contrast: 3.9 : 1,4.5 : 1']],
    ['turned', { color: '#777777', rotate: 20 }, ['low_contrast: 4.4 : 1,4.5 : 1']],
    [
      'a few words in a light colour',
      { text: 'Every [single word]{color=#cccccc} of it' },
      ['low_contrast: 1.6 : 1,4.5 : 1'],
    ],
    ['white with a dark outline', { color: '#ffffff', stroke: { color: '#000000', width: 2 } }, []],
    [
      'white with a light outline',
      { color: '#ffffff', stroke: { color: '#eeeeee', width: 2 } },
      ['low_contrast: 1.1 : 1,4.5 : 1'],
    ],
    ['white over its own dark shadow', { color: '#ffffff', shadow: { x: 0, y: 0, blur: 0, color: '#000000' } }, []],
    ['white on a dark highlight', { text: '[Every word]{background=#222222}', color: '#ffffff' }, []],
    [
      'white on a light highlight',
      { text: '[Every word]{background=#eeeeee}', color: '#ffffff' },
      ['low_contrast: 1.1 : 1,4.5 : 1'],
    ],
    ['emoji alone', { text: '🌞 🌝', color: '#ffffff' }, []],
    ['invisible', { opacity: 0, color: '#ffffff' }, []],
  ])('of %s', async (_, text, said) => {
    expect(await read(text)).toEqual(said);
  });

  it('holds letters against the layers they stand on, wherever they do', async () => {
    const white = { text: 'Every word', color: '#ffffff', box: { ...box, width: 130 } };
    expect(await read(white, [half])).toEqual([]);
    expect(await read({ ...white, box: { ...box, x: 155, width: 140 } }, [half])).toHaveLength(1);
    expect(await read({ color: '#ffffff', fontSize: 30 }, [half])).toHaveLength(1);
  });

  it('reads texts within other layers where they stand, and tells each of them once', async () => {
    const inner = { id: 'words', type: 'text', text: 'Every word', fontSize: 18, color: '#ffffff' };
    const text = (more: object = {}) => ({ ...inner, box: { width: 120, height: 60 }, ...more });
    const within = async (outer: object) => {
      const calm = { id: 'calm', when: 'false' };
      return read(calm, [half, { id: 'outer', box, ...outer }]);
    };
    const low = expect.stringMatching(/^low_contrast: 1 : 1/);
    expect(await within({ type: 'group', layers: [text()] })).toEqual([]);
    expect(await within({ type: 'group', layers: [text({ box: { x: 150, width: 120, height: 60 } })] })).toEqual([low]);
    expect(await within({ type: 'group', rotate: 180, layers: [text()] })).toEqual([low]);
    const card = { id: 'card', type: 'shape', shape: 'rect', fill: '#222222', box: { x: 150, width: 130, height: 60 } };
    const onCard = text({ box: { x: 155, width: 120, height: 60 } });
    expect(await within({ type: 'group', layers: [card, onCard] })).toEqual([]);
    expect(await within({ type: 'group', opacity: 0.3, layers: [card, onCard] })).toHaveLength(1);
    expect(await within({ type: 'group', layers: [{ ...card, blendMode: 'screen' }, onCard] })).toEqual([low]);
    const button = { type: 'stack', padding: { left: 9, right: 9, top: 9, bottom: 9 }, layers: [text()] };
    expect(await within({ ...button, box: { ...box, x: 155, width: 140 } })).toEqual([low]);
    expect(await within({ ...button, fill: '#222222', box: { ...box, x: 155, width: 140 } })).toEqual([]);
    const items = {
      type: 'repeat',
      over: 'items',
      itemHeight: 20,
      columns: 2,
      layers: [text({ box: { width: 140, height: 20 } })],
    };
    expect(await within(items)).toEqual([low]);
  });

  it('is made only where it is asked for', async () => {
    expect(await read({ color: '#ffffff' }, [], { isProof: false })).toEqual([]);
  });
});
