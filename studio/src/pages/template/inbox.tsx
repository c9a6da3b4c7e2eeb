import { ImageOff } from 'lucide-react';
import { useState } from 'react';
import { type Data, samplesOf } from '../../fields/field.ts';
import { useChoice } from '../../ui/choice.ts';
import { Choose } from '../../ui/choose.tsx';
import { Segments } from '../../ui/segments.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { words } from '../../words.ts';
import { type MailApp, mailApps, type Shown, shownWidth } from './mail-apps.ts';
import { type Opened, titleOfSet, useDataSets } from './opened.ts';
import { usePreview } from './preview.tsx';
import './inbox.css';

const { inbox } = words.template;
const SAMPLE = 'sample';
/** The widest an email's column is, in CSS pixels, and the one of a phone. */
const COLUMNS = { desktop: 600, phone: 343 } as const;
type Device = keyof typeof COLUMNS;

/** The picture in an email, on a desktop and on a phone, as mail apps show it. */
export function Inbox({ template }: { template: Opened }) {
  const sets = useDataSets(template.name);
  const [app, setApp] = useChoice('app', Object.keys(mailApps) as (keyof typeof mailApps)[]);
  const [theme, setTheme] = useChoice('mail', ['light', 'dark']);
  const [images, setImages] = useChoice('pictures', ['shown', 'blocked']);
  const [file, setFile] = useChoice('file', ['2', '1']);
  const [block, setBlock] = useChoice('block', ['whole', 'bare']);
  const [set, setSet] = useChoice('data', [SAMPLE, ...sets.map(({ name }) => name)]);
  const [sample] = useState<Data>(() => samplesOf(template.fields));
  const scale = Number(file);
  const data = sets.find(({ name }) => name === set)?.data ?? sample;
  const { data: preview, error, isFetching } = usePreview(template, data, { scale });
  const shown: Shown = { width: template.width, scale, isSized: block === 'whole' };
  const mail = { app: mailApps[app], shown, picture: preview, isBlocked: images === 'blocked', theme };
  return (
    <div className="inbox">
      <div className="choices">
        <Choose
          label={words.template.data}
          value={set}
          onChange={setSet}
          options={[
            { id: SAMPLE, title: words.template.sample },
            ...sets.map(({ name }) => ({ id: name, title: titleOfSet(name) })),
          ]}
        />
        <Segments
          label={inbox.app}
          value={app}
          onChange={setApp}
          options={Object.entries(mailApps).map(([id, { title }]) => [id as typeof app, title])}
        />
        <Segments
          label={inbox.theme[0]}
          value={theme}
          onChange={setTheme}
          options={pairs(['light', 'dark'], inbox.theme)}
        />
        <Segments
          label={inbox.images[0]}
          value={images}
          onChange={setImages}
          options={pairs(['shown', 'blocked'], inbox.images)}
        />
        <Segments label={inbox.scale[0]} value={file} onChange={setFile} options={pairs(['2', '1'], inbox.scale)} />
        <Segments
          label={inbox.block[0]}
          value={block}
          onChange={setBlock}
          options={pairs(['whole', 'bare'], inbox.block)}
        />
      </div>
      {error && <Trouble error={error} />}
      <div className="devices" aria-busy={isFetching}>
        <Frame device="desktop" {...mail} />
        <Frame device="phone" {...mail} />
      </div>
      <section className="know" aria-label={inbox.know}>
        <h2>{inbox.know}</h2>
        <ul className="sentences">
          {sentencesOf(mail).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </section>
    </div>
  );
}

type Mail = {
  readonly app: MailApp;
  readonly shown: Shown;
  readonly picture:
    | { readonly picture: string; readonly alt: string; readonly height: number; readonly bytes: number }
    | undefined;
  readonly isBlocked: boolean;
  readonly theme: 'light' | 'dark';
};

const pairs = <Id extends string>(ids: readonly [Id, Id], [, first, second]: readonly [string, string, string]) =>
  [
    [ids[0], first],
    [ids[1], second],
  ] as const;

/** What to know of what is seen. */
function sentencesOf({ app, shown, picture, isBlocked, theme }: Mail): string[] {
  const isWider = app.isWord && shown.isSized && shown.width > COLUMNS.desktop;
  return [
    isBlocked ? app.aboutBlocked : app.about,
    ...(isBlocked ? [inbox.blockedWord] : []),
    ...(shown.isSized || isBlocked ? [] : [inbox.unsized(shown.width, shown.scale)]),
    ...(isWider ? [inbox.wider(shown.width)] : []),
    ...(shown.scale === 1 ? [inbox.plain] : []),
    ...(theme === 'dark' ? [inbox.dark] : []),
    ...(picture && !isBlocked ? [inbox.weight(words.weight(picture.bytes))] : []),
  ];
}

function Frame({ device, ...mail }: Mail & { device: Device }) {
  const { app, shown, theme } = mail;
  const column = COLUMNS[device];
  const isWord = app.isWord && device === 'desktop';
  const width = shownWidth(shown, column, !isWord);
  // A phone makes an email that is too wide smaller as a whole.
  const zoom = device === 'phone' ? Math.min(1, column / width) : 1;
  return (
    <figure className={`device ${device}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className="mail" data-theme={theme} aria-label={inbox[device]} tabIndex={0}>
        <div className="bar" aria-hidden>
          {device === 'phone' ? <span>{inbox.time}</span> : [1, 2, 3].map((each) => <i key={each} />)}
        </div>
        <div className="heading">
          <span className="avatar" aria-hidden>
            {inbox.sender[0]}
          </span>
          <p>
            <strong>{inbox.sender}</strong> <small>{inbox.address}</small>
            <span>{subjectOf(mail)}</span>
          </p>
          <time>{inbox.time}</time>
        </div>
        {mail.isBlocked && <p className="asks">{app.asks}</p>}
        <div className="body" style={{ zoom }}>
          <div className="column" style={{ width: Math.max(width, column / zoom) }}>
            <Slot {...mail} says={isWord ? app.says : undefined} width={width} />
            <p>{inbox.hello}</p>
            <span className="action">{inbox.action}</span>
            <p className="legal">{inbox.legal}</p>
          </div>
        </div>
      </section>
      <figcaption>
        <strong>{inbox[device]}</strong> {inbox.wide(Math.round(width * zoom))}
      </figcaption>
    </figure>
  );
}

/** The picture, or what an app puts in its place. */
function Slot({ shown, picture, isBlocked, says, width }: Mail & { says: string | undefined; width: number }) {
  if (!picture) return <div className="place" style={{ width, aspectRatio: 2 }} />;
  const height = (width / shown.width) * picture.height;
  if (!isBlocked) return <img src={picture.picture} alt={picture.alt} width={width} height={height} />;
  // Without a size the place is as large as what is written in it.
  const size = shown.isSized ? { width, height } : {};
  return (
    <div className={says === undefined ? 'place blocked' : 'place blocked says'} style={size}>
      <ImageOff size={16} aria-label={inbox.noPicture} role="img" />
      <p>
        {says} <em>{picture.alt}</em>
      </p>
    </div>
  );
}

/** An email of this kind begins with what its picture says. */
const subjectOf = ({ picture }: Mail): string => picture?.alt.split(/(?<=[.!?])\s/)[0] || inbox.subject;
