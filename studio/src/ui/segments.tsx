import { useId } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';

/** One of two or three, all in sight. */
export function Segments<Id extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly (readonly [id: Id, title: string])[];
  value: Id;
  onChange(id: Id): void;
}) {
  const id = useId();
  return (
    <div className="choice">
      <span id={id} className="label">
        {label}
      </span>
      <ToggleButtonGroup
        className="segments"
        aria-labelledby={id}
        disallowEmptySelection
        selectedKeys={[value]}
        onSelectionChange={([chosen]) => onChange(chosen as Id)}
      >
        {options.map(([key, title]) => (
          <ToggleButton key={key} id={key}>
            {title}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </div>
  );
}
