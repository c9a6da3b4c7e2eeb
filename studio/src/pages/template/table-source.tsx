import { FileUp } from 'lucide-react';
import { type ClipboardEvent, useState } from 'react';
import { Button, FieldError, FileTrigger, Label, Text, TextArea, TextField } from 'react-aria-components';
import type { Live } from '../../paint/open.ts';
import { Choose } from '../../ui/choose.tsx';
import { words } from '../../words.ts';
import type { Opened } from './opened.ts';
import { TableRows } from './table-rows.tsx';
import type { GivenTable } from './use-table.ts';

const said = words.template.table;
const MOST_BYTES = 5 * 1024 * 1024;

/** Contacts in a table: pasted or from a file, its columns matched to the fields, to step through row by row. */
export function TableSource({
  template,
  given,
  live,
}: {
  template: Opened;
  given: GivenTable;
  live: Live | null | undefined;
}) {
  const { table, mapping } = given;
  if (!table) return <Giving given={given} />;
  const fields = Object.entries(template.fields);
  const options = [{ id: '', title: said.none }, ...table.columns.map((column) => ({ id: column, title: column }))];
  const columnOf = (name: string) => (table.columns.includes(mapping[name] ?? '') ? (mapping[name] ?? '') : '');
  const matched = given.names.length;
  return (
    <>
      {table.brokenAt !== undefined && (
        <p className="note warning" role="alert">
          {said.broken(table.brokenAt)}
        </p>
      )}
      {table.left > 0 && <p className="about">{said.left(table.left)}</p>}
      <TableRows {...{ sets: given.sets, names: given.names, row: given.row, choose: given.choose, live }} />
      <details className="columns" open={matched === 0}>
        <summary>
          {said.columns} <span className="about">{said.columnsHelp(matched, fields.length)}</span>
        </summary>
        {fields.map(([name, field]) => (
          <Choose
            key={name}
            label={field.label ?? name}
            options={options}
            value={columnOf(name)}
            onChange={(column) => given.map(name, column)}
          />
        ))}
      </details>
      <Button className="secondary" onPress={given.clear}>
        {said.another}
      </Button>
    </>
  );
}

function Giving({ given }: { given: GivenTable }) {
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string>();
  async function take(table: string): Promise<void> {
    setFault((await given.read(table)) ? undefined : said.empty);
  }
  // Whoever pastes a table need not press anything.
  function paste(event: ClipboardEvent): void {
    const pasted = event.clipboardData.getData('text/plain');
    if (!/[\r\n]/.test(pasted.trim()) || text !== '') return;
    event.preventDefault();
    setText(pasted);
    void take(pasted);
  }
  async function open(file: File | undefined): Promise<void> {
    if (!file) return;
    if (file.size > MOST_BYTES) setFault(said.tooLarge);
    else await take(await file.text());
  }
  return (
    <>
      <TextField
        className="field"
        value={text}
        onChange={setText}
        isInvalid={fault !== undefined}
        validationBehavior="aria"
      >
        <Label>{said.paste}</Label>
        <TextArea className="code" rows={5} placeholder={said.example} spellCheck={false} onPaste={paste} />
        <FieldError>{fault}</FieldError>
        <Text slot="description">{said.help}</Text>
      </TextField>
      <div className="actions">
        <Button className="primary" isDisabled={text.trim() === ''} onPress={() => void take(text)}>
          {said.read}
        </Button>
        <FileTrigger
          acceptedFileTypes={['text/csv', 'text/tab-separated-values', 'text/plain', '.csv', '.tsv', '.txt']}
          onSelect={(files) => void open(files?.[0])}
        >
          <Button className="secondary">
            <FileUp aria-hidden size={16} />
            {said.file}
          </Button>
        </FileTrigger>
      </div>
    </>
  );
}
