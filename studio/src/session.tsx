import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import { api, dataOf, keepToken, Refused } from './api/client.ts';
import { words } from './words.ts';

/** Who is signed in. */
export type Session = { readonly actor: string; readonly workspace: string; readonly role: string };

type State = { kind: 'looking' } | { kind: 'out'; said?: string } | { kind: 'in'; session: Session };
type Signing = {
  readonly state: State;
  signIn(key: string): Promise<void>;
  signOut(): Promise<void>;
};

const Context = createContext<Signing | undefined>(undefined);

/** The session of these pages; inside `SessionProvider`. */
export function useSession(): Signing {
  const found = useContext(Context);
  if (!found) throw new Error('useSession needs a SessionProvider around it');
  return found;
}

/** Finds out who is signed in, by the cookie or by a sign-in link that was opened. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'looking' });

  const enter = useCallback(({ csrf, ...session }: Session & { csrf: string }): void => {
    keepToken(csrf);
    setState({ kind: 'in', session });
  }, []);

  useEffect(() => {
    const look = async (link: string | undefined): Promise<void> => {
      const said = link && !(await openLink(link)) ? words.signIn.spent : undefined;
      try {
        enter(await dataOf(api.GET('/v1/sessions/current')));
      } catch (error) {
        const isOut = error instanceof Refused && (error.status === 401 || error.status === 404);
        const reason = said ?? (isOut ? undefined : (error as Error).message);
        setState(reason === undefined ? { kind: 'out' } : { kind: 'out', said: reason });
      }
    };
    // A link that is pasted into a page that is open already loads nothing.
    const follow = (): void => {
      const link = takeLink();
      if (link !== undefined) void look(link);
    };
    void look(takeLink());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [enter]);

  const signIn = async (key: string): Promise<void> => {
    const headers = { authorization: `Bearer ${key.trim()}` };
    enter(await dataOf(api.POST('/v1/sessions', { headers })));
  };
  const signOut = async (): Promise<void> => {
    await dataOf(api.DELETE('/v1/sessions/current'));
    keepToken('');
    setState({ kind: 'out' });
  };
  return <Context value={{ state, signIn, signOut }}>{children}</Context>;
}

// Effects run twice while developing, and a link works once.
let taken: string | undefined;

function takeLink(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('sign-in') ?? undefined;
  if (token === undefined || token === taken) return undefined;
  taken = token;
  history.replaceState(null, '', location.pathname + location.search);
  return token;
}

const openLink = async (token: string): Promise<boolean> =>
  (
    await fetch('/studio/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    }).catch(() => undefined)
  )?.ok === true;
