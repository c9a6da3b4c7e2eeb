import { ChevronDown } from 'lucide-react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';

/** One of a few, by name. */
export function Choose({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { readonly id: string; readonly title: string }[];
  value: string;
  onChange(id: string): void;
}) {
  return (
    <Select className="field" selectedKey={value} onSelectionChange={(key) => onChange(String(key))}>
      <Label>{label}</Label>
      <Button>
        <SelectValue />
        <ChevronDown aria-hidden size={16} />
      </Button>
      <Popover>
        <ListBox items={options}>{({ id, title }) => <ListBoxItem id={id}>{title}</ListBoxItem>}</ListBox>
      </Popover>
    </Select>
  );
}
