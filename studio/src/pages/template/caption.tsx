import type { Said } from '../../paint/open.ts';
import { words } from '../../words.ts';

/** What stands under every picture: its weight and size, how it was served, its alt text and all that was noticed. */
export function Caption({
  bytes,
  size,
  outcome,
  alt,
  notes,
  texts = [],
}: {
  bytes?: number | undefined;
  size?: { readonly width: number; readonly height: number };
  /** In words. */
  outcome?: string | undefined;
  alt?: string | undefined;
  /** Undefined as long as nothing can be said. */
  notes?: readonly string[] | undefined;
  texts?: Said['texts'] | undefined;
}) {
  return (
    <>
      <p className="facts">
        {bytes !== undefined && <span>{words.weight(bytes)}</span>}
        {size && <span>{words.gallery.size(size.width, size.height)}</span>}
        {outcome !== undefined && <span>{outcome}</span>}
      </p>
      {alt !== undefined && (
        <dl>
          <dt>{words.template.alt}</dt>
          <dd>{alt}</dd>
        </dl>
      )}
      {notes && (
        <ul className={notes.length > 0 ? 'notes' : 'notes fine'} aria-label={words.template.notes}>
          {notes.length === 0 && <li>{words.template.noNotes}</li>}
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {texts.length > 0 && (
        <details>
          <summary>{words.template.texts}</summary>
          <ul className="texts">
            {texts.map(({ layer, size, lines }) => (
              <li key={layer}>
                <strong>{layer}</strong> <span className="about">{words.template.textSize(size)}</span>
                {lines.map((line, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have nothing but their place
                  <span key={i} className="line" dir="auto">
                    {line}
                  </span>
                ))}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
