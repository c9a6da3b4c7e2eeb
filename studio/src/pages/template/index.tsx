import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Link } from 'wouter';
import { api, dataOf } from '../../api/client.ts';
import { useChoice } from '../../ui/choice.ts';
import { Segments } from '../../ui/segments.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';
import { Copy } from './copy.tsx';
import { Inbox } from './inbox.tsx';
import { Matrix } from './matrix.tsx';
import type { Opened } from './opened.ts';
import { Try } from './try.tsx';
import './template.css';

const tabs = [
  ['try', Try],
  ['matrix', Matrix],
  ['inbox', Inbox],
  ['copy', Copy],
] as const;

/** One template: tried, seen to fit, and taken along. */
export function TemplatePage({ name }: { name: string }) {
  const [shown, show] = useChoice(
    'show',
    tabs.map(([id]) => id),
  );
  const found = useQuery({
    queryKey: ['template', name],
    queryFn: () => dataOf(api.GET('/v1/templates/{name}', { params: { path: { name } } })),
  });
  const template = found.data;
  const sizes = [{ name: '', title: words.template.ownSize }, ...(template?.variants ?? [])];
  const [size, chooseSize] = useChoice(
    'size',
    sizes.map(({ name }) => name),
  );
  const opened = useMemo(() => {
    const variant = template?.variants.find((each) => each.name === size);
    return { ...template, ...variant, name, variant: variant?.name } as unknown as Opened;
  }, [template, size, name]);
  return (
    <div className="page">
      <title>{`${template?.title ?? name} · ${words.product}`}</title>
      <Link href="/" className="back">
        ← {words.template.back}
      </Link>
      {found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {template && (
        <>
          <div className="head">
            <h1>{template.title ?? name}</h1>
            <p className="about">
              {words.gallery.version(template.version)} · {words.gallery.state[template.state]} ·{' '}
              {words.gallery.size(opened.width, opened.height)}
            </p>
            {sizes.length > 1 && (
              <Segments
                label={words.template.size}
                value={size}
                onChange={chooseSize}
                options={sizes.map(({ name, title }) => [name, title ?? name])}
              />
            )}
          </div>
          <Tabs selectedKey={shown} onSelectionChange={(key) => show(key as typeof shown)}>
            <TabList aria-label={template.title ?? name}>
              {tabs.map(([id]) => (
                <Tab key={id} id={id}>
                  {words.template.tabs[id]}
                </Tab>
              ))}
            </TabList>
            {tabs.map(([id, Page]) => (
              <TabPanel key={id} id={id}>
                <Page key={size} template={opened} />
              </TabPanel>
            ))}
          </Tabs>
        </>
      )}
    </div>
  );
}
