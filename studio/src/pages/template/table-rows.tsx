import { memo, useMemo, useState } from 'react';
import { ListBox, ListBoxItem, ListLayout, Virtualizer } from 'react-aria-components';
import type { Live, Verdict } from '../../paint/open.ts';
import { useVerdicts } from '../../paint/use-verdicts.ts';
import { Toggle } from '../../ui/toggle.tsx';
import { words } from '../../words.ts';
import type { GivenTable } from './use-table.ts';

const said = words.template.table;
const ROW_HEIGHT = 40;
const MOST_SHOWN = 7;

type Props = Pick<GivenTable, 'sets' | 'names' | 'row' | 'choose'> & { readonly live: Live | null | undefined };

/** The rows of a table, each with what was mended of it; arrow keys step through them. They rest while something is typed. */
export const TableRows = memo(function TableRows({ sets, names, row, choose, live }: Props) {
  const verdicts = useVerdicts(live, sets, names);
  const [isOnly, setOnly] = useState(false);
  const all = useMemo(
    () =>
      sets.map((data, i) => ({
        id: i,
        title: Object.values(data).slice(0, 2).join(' · ') || said.row(i + 1),
        verdict: verdicts[i],
      })),
    [sets, verdicts],
  );
  const toSee = all.filter(({ verdict }) => verdict && verdict.length > 0);
  const shown = isOnly ? toSee : all;
  const isJudging = live !== null && verdicts.length < sets.length;
  return (
    <section className="rows" aria-label={said.rows}>
      <p className="about" role="status">
        {isJudging ? said.judging(verdicts.length, sets.length) : said.counted(sets.length, toSee.length)}
      </p>
      {((toSee.length > 0 && toSee.length < all.length) || isOnly) && (
        <Toggle label={said.only} isOn={isOnly} onChange={setOnly} />
      )}
      <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight: ROW_HEIGHT }}>
        <ListBox
          aria-label={said.rows}
          items={shown}
          selectionMode="single"
          selectionBehavior="replace"
          disallowEmptySelection
          selectedKeys={[row]}
          onSelectionChange={(keys) => {
            const [chosen] = keys;
            if (chosen !== undefined) choose(Number(chosen));
          }}
          style={{ height: Math.min(shown.length, MOST_SHOWN) * ROW_HEIGHT }}
        >
          {({ id, title, verdict }) => (
            <ListBoxItem id={id} textValue={title} className="contact">
              <span className="number">{id + 1}</span>
              <span className="title">{title}</span>
              {verdict && <Verdicts of={verdict} />}
            </ListBoxItem>
          )}
        </ListBox>
      </Virtualizer>
    </section>
  );
});

/** At a glance: what was mended, or that nothing had to be. */
function Verdicts({ of: codes }: { of: Verdict }) {
  return (
    <span className="verdicts">
      {codes.length === 0 && <span className="verdict fine">{words.template.fits}</span>}
      {codes.map((code) => (
        <span key={code} className="verdict">
          {words.template.verdicts[code]}
        </span>
      ))}
    </span>
  );
}
