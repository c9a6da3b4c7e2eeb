import { afterAll, beforeAll, describe, it } from 'vitest';

type Closing = { close(): Promise<void> };

/** A kind of server that tests may have for themselves; `missing` says what to install when this machine has none. */
export type RealKind<Server extends Closing> = {
  readonly name: string;
  readonly missing: string | undefined;
  /** It is no part of the product: without it the tests are skipped where CI is set, too. */
  readonly isBeside?: true;
  start(): Promise<Server>;
};

/**
 * Tests against a server of their own, started before the first and ended after the last; inside, `server()` is it.
 * Without its program they fail where CI is set, unless it is beside the product, and are skipped by name elsewhere.
 */
export function describeReal<Server extends Closing>(
  kind: RealKind<Server>,
  title: string,
  tests: (server: () => Server) => void,
): void {
  const { name, missing } = kind;
  if (missing === undefined) {
    describe(title, () => {
      let server: Server | undefined;
      beforeAll(async () => {
        server = await kind.start();
      });
      afterAll(() => server?.close());
      tests(() => {
        if (!server) throw new Error(`${name} runs inside tests and hooks only`);
        return server;
      });
    });
  } else if (process.env.CI && !kind.isBeside) {
    it(title, () => {
      throw new Error(missing);
    });
  } else {
    describe.skip(`${title} (${missing})`, () => tests(() => undefined as never));
  }
}
