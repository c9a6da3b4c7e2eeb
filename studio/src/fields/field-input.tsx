import { ChevronDown } from 'lucide-react';
import { useState } from 'react';
import {
  Button,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
  TextArea,
  TextField,
} from 'react-aria-components';
import { Toggle } from '../ui/toggle.tsx';
import { words } from '../words.ts';
import type { Field } from './field.ts';

type Props = {
  readonly label: string;
  readonly help: string | undefined;
  readonly field: Field;
  readonly value: unknown;
  readonly fault: string | undefined;
  onChange(value: unknown): void;
};

/** How each type of field is filled in; the rest are a line of text, which the contract reads. */
const inputs: Partial<Record<Field['type'], (props: Props) => React.ReactNode>> = {
  choice: ChoiceInput,
  boolean: BooleanInput,
  list: ListInput,
};

/** An input made from a field's contract: its label, what is asked of it, and what is wrong with what was typed. */
export function FieldInput({ name, ...props }: Omit<Props, 'label' | 'help'> & { readonly name: string }) {
  const { field } = props;
  const fallback = typeof field.fallback === 'object' ? undefined : field.fallback;
  const help = [
    field.help,
    field.maxLength === undefined ? undefined : words.template.field.most(field.maxLength),
    fallback === undefined || fallback === '' ? undefined : words.template.field.fallback(String(fallback)),
  ].flatMap((each) => (each === undefined ? [] : [`${each.replace(/\.$/, '')}.`]));
  const Shown = inputs[field.type] ?? TextInput;
  const label = `${field.label ?? name}${field.required ? ` (${words.template.field.required})` : ''}`;
  return <Shown {...props} label={label} help={help.length > 0 ? help.join(' ') : undefined} />;
}

function TextInput({ label, help, field, value, fault, onChange }: Props) {
  return (
    <TextField
      className="field"
      value={value === undefined ? '' : String(value)}
      onChange={onChange}
      isInvalid={fault !== undefined}
      validationBehavior="aria"
      {...(field.type === 'number' && { inputMode: 'decimal' as const })}
    >
      <Label>{label}</Label>
      <Input autoComplete="off" spellCheck={false} />
      <FieldError>{fault}</FieldError>
      {help !== undefined && <Text slot="description">{help}</Text>}
    </TextField>
  );
}

function ChoiceInput({ label, help, field, value, fault, onChange }: Props) {
  const options = ['', ...(field.options ?? [])];
  return (
    <Select
      className="field"
      selectedKey={options.includes(String(value)) ? String(value) : ''}
      onSelectionChange={(key) => onChange(key)}
      isInvalid={fault !== undefined}
    >
      <Label>{label}</Label>
      <Button>
        <SelectValue />
        <ChevronDown aria-hidden size={16} />
      </Button>
      <FieldError>{fault}</FieldError>
      {help !== undefined && <Text slot="description">{help}</Text>}
      <Popover>
        <ListBox>
          {options.map((option) => (
            <ListBoxItem key={option} id={option} textValue={option || words.template.blank}>
              {option || words.template.blank}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}

function BooleanInput({ label, value, onChange }: Props) {
  return <Toggle label={label} isOn={value === true || value === 'true'} onChange={onChange} />;
}

/** A list of records, as JSON. */
function ListInput({ label, help, value, fault, onChange }: Props) {
  const [typed, setTyped] = useState(() => JSON.stringify(value ?? [], null, 2));
  const [broken, setBroken] = useState<string>();
  return (
    <TextField
      className="field"
      value={typed}
      isInvalid={broken !== undefined || fault !== undefined}
      validationBehavior="aria"
      onChange={(text) => {
        setTyped(text);
        try {
          onChange(text.trim() === '' ? undefined : JSON.parse(text));
          setBroken(undefined);
        } catch {
          setBroken(words.template.field.list);
        }
      }}
    >
      <Label>{label}</Label>
      <TextArea rows={6} spellCheck={false} className="code" />
      <FieldError>{broken ?? fault}</FieldError>
      {help !== undefined && <Text slot="description">{help}</Text>}
    </TextField>
  );
}
