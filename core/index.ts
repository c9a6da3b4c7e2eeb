/** What Node callers may use of the core. Drawing itself is in `core/node/`, behind the pool or the renderer. */
export { AppError, type ErrorCode, type Fault, nearest, pathOf } from './errors.ts';
export { ASSET, assetRefs, imageRefs } from './template/assets.ts';
export { type Compiled, compileTemplate } from './template/compile.ts';
export { applyContract } from './template/contract.ts';
export type { Field, Fields } from './template/fields/index.ts';
export { type FormatName, formatName, MAX_PIXELS, outputQuality, outputScale, outputs } from './template/output.ts';
export { checkPublishable, faultsOf, parseTemplate } from './template/parse.ts';
export { type Template, templateJsonSchema, templateSchema } from './template/schema.ts';
export type { Value, Values, Warning } from './template/value.ts';
