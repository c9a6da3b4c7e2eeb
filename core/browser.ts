export { createFonts, type FontSource, type FontSources, type Fonts } from './browser/fonts.ts';
export type { PictureSources } from './browser/pictures.ts';
export {
  type BrowserJob,
  type BrowserRenderer,
  createBrowserRenderer,
  type OwnFontSource,
  type Painted,
} from './browser/renderer.ts';
export { openTemplate } from './browser/template.ts';
export { AppError, type ErrorCode, type Fault } from './errors.ts';
export { dialects } from './links/dialects/index.ts';
export { fillAddress, fillAltText } from './links/fill.ts';
export type { FittedText } from './paint/surface.ts';
export { assetRefs, withHosts } from './template/assets.ts';
export { type Compiled, compileTemplate } from './template/compile.ts';
export { applyContract, sampleData } from './template/contract.ts';
export { type DataSet, standardSets } from './template/datasets.ts';
export type { Field, Fields } from './template/fields/index.ts';
export type { LiveValues } from './template/live.ts';
export { checkPublishable } from './template/parse.ts';
export type { Template } from './template/schema.ts';
export { suggestMapping } from './template/suggest.ts';
export type { Value, Values, Warning, WarningCode } from './template/value.ts';
export { variantOf } from './template/variants.ts';
