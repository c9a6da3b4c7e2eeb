import type { ReactNode } from 'react';
import { words } from '../words.ts';
import { Trouble } from './trouble.tsx';

/** A part of a page that asks the service for a list: its title, with what stands `beside` it, what went wrong, or that there is nothing. */
export function Section({
  title,
  none,
  beside,
  found,
  children,
}: {
  title: string;
  none: string;
  beside?: ReactNode;
  found: { readonly error: Error | null; readonly data: readonly unknown[] | undefined };
  children: ReactNode;
}) {
  return (
    <section className="part" aria-label={title}>
      <div className="head">
        <h2>{title}</h2>
        {beside}
      </div>
      {found.error && <Trouble error={found.error} />}
      {found.data?.length === 0 && <p className="nothing">{none}</p>}
      {!found.error && found.data === undefined && <p className="about">{words.status.looking}</p>}
      {children}
    </section>
  );
}

/** Figures with their names. */
export const Figures = ({ of }: { of: readonly (readonly [name: string, value: string | number])[] }) => (
  <dl className="figures">
    {of.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{typeof value === 'number' ? value.toLocaleString('en') : value}</dd>
      </div>
    ))}
  </dl>
);

const moments = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

/** A moment for people, in their own time zone. */
export const showMoment = (moment: string): string => moments.format(new Date(moment));
