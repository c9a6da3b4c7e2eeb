// Copies of one published sample under other names with a link each, and contacts that look as sealed ones do. The
// columns are those of a row that is there, so that a change of the tables needs none here.

/** Fills a SQLite file that a service has made. */
export async function fillSqlite(file, amounts) {
  const { default: Database } = await import('libsql');
  const db = new Database(file);
  const columnsOf = (table) => db.pragma(`table_info(${table})`).map(({ name }) => name);
  const numbers = (count) =>
    `(with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count}) select n from s)`;
  db.exec('begin');
  for (const statement of statements(columnsOf, numbers, 'hex(randomblob(120))', amounts)) db.exec(statement);
  db.exec('commit');
  db.close();
}

/** Fills a PostgreSQL database that a service has made. */
export async function fillPostgres(url, amounts) {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(
    "select table_name, column_name from information_schema.columns where table_schema = 'public'",
  );
  const columnsOf = (table) => rows.filter((row) => row.table_name === table).map((row) => row.column_name);
  const numbers = (count) => `(select n from generate_series(1, ${count}) as g(n))`;
  const letters = 'repeat(md5(n::text || random()::text), 7)';
  for (const statement of statements(columnsOf, numbers, letters, amounts)) await client.query(statement);
  await client.query('analyze');
  await client.end();
}

function statements(columnsOf, numbers, letters, { templates, contacts }) {
  const sample = `(select name from channels where channel = 'production' order by name limit 1)`;
  const copy = (table, changed) => {
    const columns = columnsOf(table);
    const values = columns.map((column) => changed[column] ?? `original.${quote(column)}`);
    return `insert into ${table} (${columns.map(quote)}) select ${values} from ${table} original, ${numbers(templates)} s
      where original.${table === 'links' ? 'template' : 'name'} = ${sample}`;
  };
  const name = "'bulk-' || n";
  const link = {
    ...{ id: "'link-' || n", workspace: "'default'", template: name, platform: "'mailchimp'", mode: "'contact'" },
    ...{ channel: "'production'", formats: `'["jpeg"]'`, scale: '2', fields: "'{}'", created_at: 'n' },
    policy: `'{"fields":{},"rendersPerMinute":3000}'`,
  };
  const scales = columnsOf('links').includes('scales') ? { scales: "'[]'" } : {};
  const contact = {
    ...{ id: "'contact-' || n", workspace: "'default'", external_key: "'key-' || n", version: '1' },
    ...{ fields: `'bench.' || ${letters}`, created_at: 'n', updated_at: 'n' },
  };
  return [
    ...['templates', 'template_versions', 'channels'].map((table) => copy(table, { name })),
    insert('links', { ...link, ...scales }, numbers(templates)),
    insert('contacts', contact, numbers(contacts)),
  ];
}

const insert = (table, values, numbers) =>
  `insert into ${table} (${Object.keys(values).map(quote)}) select ${Object.values(values)} from ${numbers} s`;

const quote = (column) => `"${column}"`;
