import { type Dialect, PostgresDialect, type PostgresPool } from 'kysely';
import type { Pool, PoolConfig, QueryResult } from 'pg';
import { createBreaker } from '../../breaker.ts';
import { isLate, within } from '../../deadline.ts';
import { recordsFault, recordsUnavailable } from './faults.ts';

// A frozen server accepts connections and says nothing, so waiting needs an end on our side; the server's own timeout
// comes a little earlier, and ends what is only slow without losing the connection.
const CONNECT_MS = 2000;
const STATEMENT_MS = 2000;
const ANSWER_MS = 2500;
const MAX_CONNECTIONS = 10;
const IDLE_MS = 30_000;
const END_MS = 1000;

const INT8 = 20;
const NUMERIC = 1700;

/** `postgres://user:password@host:port/database`: one database for many machines. TLS as its `sslmode` says. */
export const postgres = {
  async open(rest: string, use: 'start' | 'serve'): Promise<Dialect> {
    const { default: pg } = await import('pg');
    const toNumber = (text: string) => Number(text);
    const types: PoolConfig['types'] = {
      // Times and counts stay below 2^53.
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8 || oid === NUMERIC ? toNumber : pg.types.getTypeParser(oid, format as 'text'),
    };
    const pool = new pg.Pool({
      connectionString: `postgres:${rest}`,
      application_name: 'mergepix',
      max: use === 'start' ? 1 : MAX_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
      types,
      ...(use === 'serve' && { statement_timeout: STATEMENT_MS }),
    });
    // An idle connection that the server ends: the next statement gets another one, or hears why not.
    pool.on('error', () => undefined);
    return new PostgresDialect({ pool: use === 'start' ? pool : guard(pool) });
  },

  explain(rest: string, error: unknown): string {
    const { hostname, port, pathname } = new URL(`postgres:${rest}`);
    const database = decodeURIComponent(pathname.slice(1));
    const where = `The database ${database} at ${hostname}:${port || 5432} cannot be used`;
    const { code } = error as { code?: unknown };
    if (code === '28P01' || code === '28000')
      return `${where}: it refuses the user or the password of MERGEPIX_DATABASE.`;
    if (code === '3D000') return `${where}: there is none of that name, make it with createdb.`;
    if (code === '42501') return `${where}: let the user of MERGEPIX_DATABASE make tables in it.`;
    return `${where}: check that it runs and can be reached from here.`;
  },
};

/** A pool whose statements end in time, and are not even tried while the server is known not to answer. */
function guard(pool: Pool): PostgresPool {
  const breaker = createBreaker();
  const failed = (cause?: unknown) => {
    breaker.failed();
    return recordsUnavailable(cause);
  };
  return {
    async connect() {
      if (!breaker.allows()) throw recordsUnavailable();
      const client = await pool.connect().catch((error: unknown) => {
        throw failed(error);
      });
      let isLost = false;
      const lose = () => {
        isLost = true;
      };
      // The server may end it between two statements of a transaction, when nobody would hear of that.
      client.on('error', lose);
      const query = async (text: string, parameters: readonly unknown[]): Promise<QueryResult> => {
        // What a transaction does in the end, on a connection that is gone.
        if (isLost) throw recordsUnavailable();
        const result = await within(client.query(text, [...parameters]), ANSWER_MS).catch((error: unknown) => {
          isLost = (error as { severity?: unknown }).severity !== 'ERROR';
          const fault = isLost ? recordsUnavailable(error) : recordsFault(error);
          if (fault?.code === 'records_unavailable') breaker.failed();
          else breaker.succeeded();
          throw fault ?? error;
        });
        isLost = isLate(result);
        if (isLate(result)) throw failed();
        breaker.succeeded();
        return result;
      };
      // Only statements: nothing here reads with cursors.
      const release = () => {
        client.off('error', lose);
        client.release(isLost);
      };
      return { query: query as never, release };
    },
    async end() {
      await within(pool.end(), END_MS);
    },
  };
}
