import { cleanText } from './clean-text.ts';
import type { CompiledCountdown } from './countdown.ts';
import type { Scope } from './expression.ts';

/** One value a source gives: text of at most 500 characters, a number, or true or false. */
export type LiveValue = string | number | boolean;

/**
 * What a picture shows besides its values: `now` in ms since 1970, which is where its bucket begins, and what each source
 * gave, by the template's name for the source and for the field.
 */
export type LiveValues = {
  readonly now?: number;
  readonly source?: Readonly<Record<string, Readonly<Record<string, LiveValue>>>>;
};

/** The longest text a source may give, in UTF-16 units. */
export const MAX_LIVE_TEXT = 500;

/** What somebody else's JSON is as a live value: clean text, a number, true or false; undefined for anything else. */
export function liveValue(raw: unknown): LiveValue | undefined {
  if (typeof raw === 'boolean' || (typeof raw === 'number' && Number.isFinite(raw))) return raw;
  return typeof raw === 'string' && raw.length <= MAX_LIVE_TEXT ? cleanText(raw) : undefined;
}

/** What `liveScope` asks of a compiled template. */
type Reads = {
  readonly sources: readonly { readonly name: string; readonly fallback: Readonly<Record<string, LiveValue>> }[];
  readonly usesNow: boolean;
  readonly countdown: CompiledCountdown | undefined;
};

/**
 * What expressions see: the values, `source`, `now` and `countdown`. Whatever a source did not give has the template's fallback, so
 * that a picture is always complete; without live values `now` is blank and a countdown over.
 */
export function liveScope({ sources, usesNow, countdown }: Reads, values: Scope, live: LiveValues | undefined): Scope {
  if (sources.length === 0 && !usesNow) return values;
  const source = Object.fromEntries(
    sources.map(({ name, fallback }) => [name, { ...fallback, ...live?.source?.[name] }]),
  );
  // In the form of a date field, so that the two compare and print alike.
  const now = live?.now === undefined ? '' : new Date(live.now).toISOString().replace('.000Z', 'Z');
  return { ...values, source, now, ...(countdown && { countdown: countdown.at(values, live?.now) }) };
}

/** Where the bucket that a moment falls into begins, both in ms since 1970; undefined for a static template. */
export const bucketStart = (freshness: { readonly seconds?: number | undefined }, now: number): number | undefined =>
  freshness.seconds === undefined ? undefined : now - (now % (freshness.seconds * 1000));
