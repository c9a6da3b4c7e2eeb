import { useQueries } from '@tanstack/react-query';
import { Button } from 'react-aria-components';
import { Link, useLocation } from 'wouter';
import { useChoice } from '../../ui/choice.ts';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';
import { isToLookAt, type Note, notesOf } from './notes.ts';
import { frameOf, type Opened, titleOfSet, useDataSets } from './opened.ts';
import { previewOf } from './preview.tsx';
import { keepTrial } from './use-trial.ts';
import './matrix.css';

const { matrix, verdicts } = words.template;
// From what a recipient should have to what a data base holds; a template's own sets come between.
const FIRST = ['good', 'blank', 'junk', 'unreplaced', 'longest'];
const LAST = ['right-to-left', 'arabic', 'japanese', 'emoji', 'late'];

type Set = ReturnType<typeof useDataSets>[number];
type Looked = {
  readonly set: Set;
  readonly found: ReturnType<typeof useFound>[number];
  readonly notes: readonly Note[] | undefined;
};

const useFound = (template: Opened, sets: readonly Set[]) =>
  useQueries({
    queries: sets.map(({ name, data }) => previewOf(template, data, name === 'late' ? { late: true } : {})),
  });

/** Every set of data side by side, each with what was noticed: where a design breaks is seen here first. */
export function Matrix({ template }: { template: Opened }) {
  const sets = [...useDataSets(template.name)].sort((a, b) => placeOf(a) - placeOf(b));
  const found = useFound(template, sets);
  const cells = sets.flatMap((set, i): Looked[] => {
    const query = found[i];
    return query ? [{ set, found: query, notes: query.data && notesOf(template, query.data) }] : [];
  });
  const kinds = [...new Set(cells.flatMap(({ notes = [] }) => notes.map(({ kind }) => kind)))];
  const [only, choose] = useChoice('only', ['all', 'look', ...kinds]);
  const isShown = (notes: Looked['notes'], by: string): boolean =>
    by === 'all' || (notes?.some((note) => (by === 'look' ? isToLookAt(note) : note.kind === by)) ?? false);
  const count = (by: string) => cells.filter(({ notes }) => isShown(notes, by)).length;
  const shown = cells.filter(({ notes }) => isShown(notes, only));
  const isDone = cells.every(({ notes, found }) => notes !== undefined || found.isError);
  return (
    <div className="fits">
      <div className="head">
        <p className="about" aria-live="polite">
          {isDone ? matrix.counted(cells.length, count('look')) : words.template.drawing}
        </p>
        <fieldset className="chips">
          <legend>{matrix.show}</legend>
          {(['all', 'look', ...kinds] as const).map((each) => (
            <Button key={each} className="chip" aria-pressed={each === only} onPress={() => choose(each)}>
              {each === 'all' ? matrix.all : each === 'look' ? matrix.look : verdicts[each]}
              <b>{count(each)}</b>
            </Button>
          ))}
        </fieldset>
      </div>
      {isDone && shown.length === 0 && cells.length > 0 && <p className="nothing">{matrix.none}</p>}
      <ul className="matrix">
        {shown.map((cell) => (
          <Cell key={cell.set.name} template={template} {...cell} />
        ))}
      </ul>
    </div>
  );
}

function Cell({ template, set, found, notes }: Looked & { template: Opened }) {
  const [at] = useLocation();
  const title = titleOfSet(set.name);
  const preview = found.data;
  return (
    <li className="cell" aria-busy={found.isFetching}>
      <Link href={at} onClick={() => keepTrial(template, set.data)} aria-label={matrix.open(title)}>
        <span className="frame" style={frameOf(template)}>
          {preview && <img src={preview.picture} alt="" width={preview.width} height={preview.height} />}
        </span>
      </Link>
      <div className="caption">
        <h2>{title}</h2>
        <span className="about">{preview ? words.weight(preview.bytes) : words.template.drawing}</span>
      </div>
      {found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {notes && (
        <ul className="noticed" aria-label={words.template.notes}>
          {notes.length === 0 && <li className="fine">{words.template.noNotes}</li>}
          {notes.map((note) => (
            <li key={note.kind + note.sentence} className={isToLookAt(note) ? 'look' : undefined}>
              <strong>{verdicts[note.kind]}</strong> {note.sentence}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** Where a set stands among the others. */
function placeOf({ name }: Set): number {
  if (FIRST.includes(name)) return FIRST.indexOf(name) - FIRST.length;
  return LAST.includes(name) ? 1 + LAST.indexOf(name) : 0;
}
