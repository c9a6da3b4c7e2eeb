import { FieldError, Input, Label, TextField } from 'react-aria-components';
import { Choose } from '../../ui/choose.tsx';
import { words } from '../../words.ts';
import type { Opened } from './opened.ts';
import { type Source, sourceOf, type Target, type Wanted } from './order.ts';

const FROM = ['contact', 'open', 'fixed'] as const;

/** Where each field of a link comes from, with what is wrong with it. */
export function FieldSources({
  template,
  wanted,
  target,
  mayMerge,
  faultOf,
  onChange,
}: {
  template: Opened;
  wanted: Wanted;
  target: Target;
  mayMerge: boolean;
  faultOf(name: string): string | undefined;
  onChange(name: string, source: Source): void;
}) {
  const options = FROM.filter((from) => from !== 'open' || mayMerge).map((id) => ({
    id,
    title: words.copy.sources[id],
  }));
  const begin = (name: string, from: Source['from']): Source => {
    if (from === 'open') return { from, tag: target.tags[name] ?? '' };
    return from === 'fixed' ? { from, value: '' } : { from };
  };
  return (
    <div className="sources">
      {Object.entries(template.fields).map(([name, field]) => {
        const source = sourceOf(name, wanted, target);
        const label = field.label ?? name;
        const fault = faultOf(name);
        return (
          <div key={name} className="source">
            <Choose
              label={label}
              options={options}
              value={source.from}
              onChange={(from) => onChange(name, begin(name, from as Source['from']))}
            />
            {source.from !== 'contact' && (
              <TextField
                className="field"
                value={source.from === 'open' ? source.tag : source.value}
                onChange={(text) =>
                  onChange(name, source.from === 'open' ? { from: 'open', tag: text } : { from: 'fixed', value: text })
                }
                isInvalid={fault !== undefined}
                validationBehavior="aria"
              >
                <Label className="hidden">
                  {source.from === 'open' ? words.copy.tagOf(label) : words.copy.valueOf(label)}
                </Label>
                <Input
                  autoComplete="off"
                  spellCheck={false}
                  placeholder={source.from === 'open' ? words.copy.noTag : words.copy.noValue}
                />
                <FieldError>{fault}</FieldError>
              </TextField>
            )}
          </div>
        );
      })}
    </div>
  );
}
