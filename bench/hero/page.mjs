import { design, LABEL } from './design.mjs';

/** The hero as a web page for a window of 1200x600. `sources`: addresses of photo, avatar and of both fonts, by weight. */
export function heroPage(texts, sources) {
  const { width, height, shade, avatar, button } = design;
  const area = (x, y, w, h) => `left:${x}px;top:${y}px;width:${w}px;height:${h}px`;
  const text = ([id, content]) => {
    const { x, y, width: w, size, weight, leading, color, align } = design[id];
    const style = `left:${x}px;top:${y}px;width:${w}px;font:${weight} ${size}px/${leading}px Inter;color:${color};text-align:${align}`;
    return `<div id="${id}" style="${style}">${content}</div>`;
  };
  const face = ([weight, source]) => `@font-face{font-family:Inter;font-weight:${weight};src:url(${source})}`;
  return `<!doctype html>
<style>${Object.entries(sources.fonts).map(face).join('')}body{margin:0}body>*{position:absolute}</style>
<img src="${sources.photo}" style="${area(0, 0, width, height)}">
<div style="${area(0, 0, width, height)};background:linear-gradient(90deg,${shade.from},${shade.to})"></div>
<img src="${sources.avatar}" style="${area(avatar.x, avatar.y, avatar.size, avatar.size)};border-radius:50%">
<div style="${area(button.x, button.y, button.width, button.height)};border-radius:${button.radius}px;background:${button.color};color:#ffffff;font:700 ${button.size}px/${button.height}px Inter;text-align:center">${button.text}</div>
${Object.entries({ ...texts, label: LABEL })
  .map(text)
  .join('\n')}`;
}
