const HEX = /#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b/gi;
const RGB = /rgba?\(\s*([\d.]+%?)\s*,\s*([\d.]+%?)\s*,\s*([\d.]+%?)/gi;

const pair = (number: number): string => Math.round(Math.min(255, number)).toString(16).padStart(2, '0');
const channel = (text: string): string => pair(text.endsWith('%') ? Number.parseFloat(text) * 2.55 : Number(text));

/** A hex colour of any length as #rrggbb, without its opacity. */
function plainColor(text: string): string {
  const digits = text.slice(1).toLowerCase();
  const long = digits.length < 6 ? [...digits].map((digit) => digit + digit).join('') : digits;
  return `#${long.slice(0, 6)}`;
}

/** Every colour written in a text, as #rrggbb: a text may be one, or an expression that chooses between some. */
export function colorsIn(text: string): string[] {
  if (text === 'white') return ['#ffffff'];
  if (text === 'black') return ['#000000'];
  const hex = [...text.matchAll(HEX)].map(([found]) => plainColor(found));
  const rgb = [...text.matchAll(RGB)].map(([, ...channels]) => `#${channels.slice(0, 3).map(channel).join('')}`);
  return [...hex, ...rgb];
}
