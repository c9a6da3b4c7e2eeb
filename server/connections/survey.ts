import { nearest } from '../../core/errors.ts';
import type { Fields } from '../../core/template/fields/index.ts';
import { isValue, type Sample, suggestMapping } from '../../core/template/suggest.ts';
import type { PlatformField } from '../../integrations/connector.ts';
import type { Services } from '../services.ts';
import type { ConnectionRecord } from '../stores/records/connections.ts';
import { askPlatform } from './ask.ts';
import { mappedTags, readConnection } from './connection.ts';
import { type Coverage, measureCoverage } from './coverage.ts';

/** A field of a template, where its values come from or might come from, and what contacts have there. */
export type SurveyedField = {
  readonly field: string;
  /** The platform's name; empty when it is left out on purpose, null when nothing seems to be meant for it. */
  readonly tag: string | null;
  /** Whether the connection says so; otherwise it is a suggestion. */
  readonly isMapped: boolean;
  readonly coverage: Coverage | null;
};

/** What a platform has and a template asks. */
export type Survey = {
  readonly fields: readonly PlatformField[];
  /** How many contacts were looked at. */
  readonly contacts: number;
  readonly template: readonly SurveyedField[];
};

const MOST_CONTACTS = 1000;
const MOST_FIELDS = 200;
// Somebody waits: a platform that is slow is looked at for so long.
const LOOK_MS = 12_000;

/**
 * Looks at the fields of a connection's contacts and at the values of up to 1,000 of them, which are told to nobody. Throws
 * `connection_refused` and `platform_unavailable`.
 */
export async function surveyFields(
  services: Pick<Services, 'connectors'>,
  record: ConnectionRecord,
  template: Fields | undefined,
): Promise<Survey> {
  const connection = readConnection(record);
  const { audiences, mapping } = connection;
  return askPlatform(services, record, async (connector, signal) => {
    const fields = await connector.fields(audiences, signal);
    if (!template) return { fields, contacts: 0, template: [] };
    const tags = [...new Set([...mappedTags(connection), ...fields.map(({ tag }) => tag)])].slice(0, MOST_FIELDS);
    const samples: Sample[] = [];
    const until = Date.now() + LOOK_MS;
    for await (const page of connector.contacts({ audiences, since: null, cursor: null, tags, signal })) {
      samples.push(...page.contacts.filter(({ state }) => state === 'active').map((contact) => contact.fields));
      if (samples.length >= MOST_CONTACTS || Date.now() > until) break;
    }
    const looked = samples.slice(0, MOST_CONTACTS);
    const whole = { ...suggestMapping(template, fields, looked), ...mapping };
    const coverage = measureCoverage(template, whole, looked);
    const isThere = (tag: string): boolean =>
      fields.some((field) => field.tag === tag) || looked.some((sample) => isValue(sample[tag]));
    const told = (field: string): Coverage | null => {
      // Nobody is asked for it: that it is blank says nothing.
      if (mapping[field] === '') return null;
      const [found, tag] = [coverage.get(field), mapping[field]];
      if (!found || tag === undefined || looked.length === 0 || isThere(tag)) return found ?? null;
      const near = nearest(
        tag,
        fields.map((each) => each.tag),
      );
      return { ...found, sentence: `${found.sentence}: nobody has a ${tag}${near ? `, did you mean ${near}?` : ''}` };
    };
    return {
      fields,
      contacts: looked.length,
      template: Object.keys(template).map((field) => ({
        ...{ field, tag: whole[field] ?? null },
        isMapped: Object.hasOwn(mapping, field),
        coverage: told(field),
      })),
    };
  });
}
