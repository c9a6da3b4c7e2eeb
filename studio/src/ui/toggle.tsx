import { Switch } from 'react-aria-components';

/** Something that is on or off. */
export function Toggle({ label, isOn, onChange }: { label: string; isOn: boolean; onChange(isOn: boolean): void }) {
  return (
    <Switch className="switch" isSelected={isOn} onChange={onChange}>
      <span className="track" aria-hidden>
        <span className="thumb" />
      </span>
      {label}
    </Switch>
  );
}
