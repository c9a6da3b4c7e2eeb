import type { Dialect } from './dialect.ts';

/** Salesforce Marketing Cloud's AMPscript: an attribute of the subscriber or a column of the sending data extension. */
export const marketingcloud: Dialect = {
  id: 'marketingcloud',
  title: 'Salesforce Marketing Cloud',
  referenceField: 'Mergepix',
  fieldPattern: /^[\p{L}_][\p{L}\p{M}\p{N}_ -]{0,98}$/u,
  fieldRule: 'Use the name of an attribute or of a data extension\'s column: letters, digits, spaces, "_" and "-".',
  usualTags: { first_name: 'FirstName', last_name: 'LastName' },
  // `%%FirstName%%` ends the send where the attribute does not exist; AttributeValue gives an empty text.
  referenceTag: (field) => `%%=${value(field)}=%%`,
  urlTag: (field) => `%%=URLEncode(${value(field)},1,1)=%%`,
  encodes: true,
  attributeTag: (field, fallback) =>
    `%%[IF EMPTY(${value(field)}) THEN]%%${fallback}%%[ELSE]%%%%=${escaped(field)}=%%%%[ENDIF]%%`,
  escapes: true,
  sendTag: '%%jobid%%',
  unreplaced: "%%=URLEncode(AttributeValue('FirstName'),1,1)=%%",
  limits: [
    'Add a text column of 40 characters called Mergepix to the sending data extension, or a profile attribute of that name.',
    'Paste the block into an HTML block, and keep its single quotes: a double quote would end the attribute.',
    'Let a column that a merge link reads have no space in its name: a space inside an address can break its tag.',
  ],
  cannot: [],
};

// Single quotes only, for all of it stands between double ones.
const value = (field: string): string => `AttributeValue('${field}')`;

// AMPscript has no function that escapes for HTML. The entities are put together by Concat, lest an editor decode them.
const escaped = (field: string): string =>
  [
    { code: 38, entity: 'amp;' },
    { code: 34, entity: 'quot;' },
  ].reduce((text, { code, entity }) => `Replace(${text},Char(${code}),Concat(Char(38),'${entity}'))`, value(field));
