import { useMutation } from '@tanstack/react-query';
import { Button, FieldError, Form, Input, Label, Text, TextField } from 'react-aria-components';
import { Refused } from '../api/client.ts';
import { type Contact, findContact } from '../api/contacts.ts';
import { useKept } from '../ui/kept.ts';
import { showMoment } from '../ui/section.tsx';
import { words } from '../words.ts';
import type { Field } from './field.ts';

const said = words.template.contact;

/** Somebody who is looked for by what they are known by; `onFound` is given nobody for who is not known yet. */
export function ContactSearch({
  keptAs,
  fields,
  onFound,
}: {
  keptAs: string;
  fields: Readonly<Record<string, Field>>;
  onFound(contact: Contact | undefined): void;
}) {
  const [typed, setTyped] = useKept(`mergepix-contact ${keptAs}`, () => '');
  const finding = useMutation({
    mutationFn: async (text: string) => (await findContact(text)) ?? null,
    onSuccess: (contact) => contact && onFound(contact),
  });
  const { data: contact, error } = finding;
  const isForbidden = error instanceof Refused && error.status === 403;
  return (
    <Form
      className="contact-search"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== '') finding.mutate(typed);
      }}
    >
      <TextField
        className="field"
        value={typed}
        onChange={(text) => {
          setTyped(text);
          finding.reset();
        }}
        isInvalid={error !== null}
        validationBehavior="aria"
      >
        <Label>{said.search}</Label>
        <div className="joined">
          <Input autoComplete="off" spellCheck={false} maxLength={200} />
          <Button className="secondary" type="submit" isDisabled={typed.trim() === '' || finding.isPending}>
            {finding.isPending ? said.finding : said.find}
          </Button>
        </div>
        <FieldError>{isForbidden ? said.forbidden : error?.message}</FieldError>
        <Text slot="description">{said.help}</Text>
      </TextField>
      <div role="status" className="found">
        {contact === null && (
          <>
            <p className="note warning">{said.nobody}</p>
            <Button className="secondary" onPress={() => onFound(undefined)}>
              {said.showNobody}
            </Button>
          </>
        )}
        {contact && <Known contact={contact} fields={fields} />}
      </div>
    </Form>
  );
}

function Known({ contact, fields }: { contact: Contact; fields: Readonly<Record<string, Field>> }) {
  const names = Object.keys(fields);
  const missing = names.filter((name) => !Object.hasOwn(contact.fields, name));
  return (
    <>
      <p>
        <strong>{said.found(contact.id, showMoment(contact.updatedAt))}</strong>
      </p>
      <p className="about">
        {said.known(names.length - missing.length, names.length)}{' '}
        {missing.length > 0 && said.missing(missing.map((name) => fields[name]?.label ?? name).join(', '))}
      </p>
    </>
  );
}
