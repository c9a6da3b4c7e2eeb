import { words } from '../../words.ts';
import type { Opened } from './opened.ts';

/** What a note is about: a code of the API's warnings. */
export type Kind = keyof typeof words.template.verdicts;
/** What was noticed of a picture, in one sentence. */
export type Note = { readonly kind: Kind; readonly sentence: string };

type Said = { readonly code: string; readonly field?: string | undefined; readonly message: string };
type Noticed = {
  readonly faults: readonly { readonly path: string; readonly message: string }[];
  readonly warnings: readonly Said[];
};

// What the template provides for itself; all else somebody should look at.
const MENDED: readonly Kind[] = ['blank', 'junk', 'unreplaced', 'invalid', 'too_long', 'shorter_text', 'shrunk'];
const isKind = (code: string): code is Kind => code in words.template.verdicts;

/** Whether a note is of something the template does not make up for. */
export const isToLookAt = ({ kind }: Note): boolean => !MENDED.includes(kind);

/** What was noticed of a picture: fields that share a fate in one note, by their labels, and each layer's own. */
export function notesOf({ fields }: Opened, { faults, warnings }: Noticed): Note[] {
  const labels = new Map<Kind, Set<string>>();
  const notes: Note[] = [];
  const fieldOf = (path: string): string => path.split('.')[0] ?? path;
  for (const { code, field, message } of warnings) {
    const kind = isKind(code) ? code : 'other';
    if (field === undefined) {
      notes.push({ kind, sentence: message });
      continue;
    }
    const name = fieldOf(field);
    labels.set(kind, (labels.get(kind) ?? new Set()).add(fields[name]?.label ?? name));
  }
  const mended = [...labels].map(([kind, of]) => ({ kind, sentence: words.template.mended([...of].join(', ')) }));
  const told = new Set(warnings.flatMap(({ field }) => (field === undefined ? [] : [fieldOf(field)])));
  const refused = faults
    .filter(({ path }) => !told.has(fieldOf(path)))
    .map(({ message }) => ({ kind: 'invalid' as const, sentence: message }));
  const all = [...notes, ...refused, ...mended];
  return [...all.filter(isToLookAt), ...all.filter((note) => !isToLookAt(note))];
}
