import { Activity, BookOpen, LayoutGrid, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { Link, Route, Router, Switch, useLocation } from 'wouter';
import markUrl from './mark.svg';
import { Gallery } from './pages/gallery.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Status } from './pages/status/index.tsx';
import { TemplatePage } from './pages/template/index.tsx';
import { useSession } from './session.tsx';
import { readTheme, showTheme, type Theme } from './theme.ts';
import { words } from './words.ts';
import './app.css';

/** The rooms of the studio: one line here and one page for each. */
const rooms = [
  {
    path: '/',
    label: words.nav.templates,
    icon: LayoutGrid,
    isHere: (at: string) => at === '/' || at.startsWith('/templates'),
  },
  { path: '/status', label: words.nav.status, icon: Activity, isHere: (at: string) => at === '/status' },
];

/** All of the studio: signing in, then its rooms. */
export function App() {
  const { state } = useSession();
  if (state.kind === 'looking') return <div className="looking" aria-busy="true" />;
  if (state.kind === 'out') return <SignIn said={state.said} />;
  return (
    <Router base="/studio">
      <Shell>
        <Switch>
          <Route path="/" component={Gallery} />
          <Route path="/status" component={Status} />
          <Route path="/templates/:name">{({ name }) => <TemplatePage name={name} key={name} />}</Route>
          <Route>
            <Missing />
          </Route>
        </Switch>
      </Shell>
    </Router>
  );
}

function Shell({ children }: { children: ReactNode }) {
  const [at] = useLocation();
  const main = useRef<HTMLElement>(null);
  const before = useRef(at);
  // Who goes to another page by keyboard begins at its top.
  useEffect(() => {
    if (before.current !== at) main.current?.focus();
    before.current = at;
  }, [at]);
  return (
    <div className="shell">
      <a className="skip" href="#page">
        {words.nav.skip}
      </a>
      <header className="side">
        <Link href="/" className="brand">
          <img src={markUrl} alt="" width="28" height="28" />
          {words.product}
        </Link>
        <nav aria-label={words.nav.label}>
          {rooms.map(({ path, label, icon: Icon, isHere }) => (
            <Link key={path} href={path} className="room" aria-current={isHere(at) ? 'page' : undefined}>
              <Icon aria-hidden size={18} />
              {label}
            </Link>
          ))}
          <a className="room" href="/docs">
            <BookOpen aria-hidden size={18} />
            {words.nav.docs}
          </a>
        </nav>
        <Account />
      </header>
      <main id="page" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

const themes = [
  ['system', Monitor],
  ['light', Sun],
  ['dark', Moon],
] as const;

function Account() {
  const { state, signOut } = useSession();
  const [theme, setTheme] = useState<Theme>(readTheme);
  return (
    <div className="account">
      <ToggleButtonGroup
        className="segments"
        aria-label={words.theme.label}
        disallowEmptySelection
        selectedKeys={[theme]}
        onSelectionChange={([chosen]) => {
          setTheme(chosen as Theme);
          showTheme(chosen as Theme);
        }}
      >
        {themes.map(([id, Icon]) => (
          <ToggleButton key={id} id={id} aria-label={words.theme[id]}>
            <Icon aria-hidden size={16} />
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {state.kind === 'in' && (
        <p className="who">
          <strong>{state.session.workspace}</strong>
          <span>{state.session.actor}</span>
        </p>
      )}
      <Button className="quiet" onPress={signOut}>
        <LogOut aria-hidden size={16} />
        {words.nav.signOut}
      </Button>
    </div>
  );
}

function Missing() {
  return (
    <div className="page">
      <h1>{words.missing.title}</h1>
      <p className="lead">
        {words.missing.lead} <Link href="/">{words.template.back}</Link>
      </p>
    </div>
  );
}
