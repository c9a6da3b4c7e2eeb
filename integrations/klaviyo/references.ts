import { AppError } from '../../core/errors.ts';
import type { Connector, Written } from '../connector.ts';
import { type Client, held } from './client.ts';
import type { createContacts } from './contacts.ts';
import { cursorOf } from './map.ts';

/** An import job takes so many; with a reference each, that is a fraction of the 5 MB it may have. */
export const WRITES_AT_ONCE = 10_000;
const ERRORS_A_PAGE = 100;
// What an API tells of an error may quote what it is about.
const MAX_REASON = 200;

type Job = {
  readonly data: {
    readonly id: string;
    readonly attributes: { readonly status: string; readonly failed_count?: number | null };
  };
};
type ImportErrors = {
  readonly data: readonly {
    readonly attributes: {
      readonly title?: string;
      readonly original_payload?: { readonly id?: unknown } | null;
    };
  }[];
  readonly links?: { readonly next?: string | null };
};

/** Our references in a property of the profiles. */
export function createReferences(
  client: Client,
  referenceField: string,
  { sample }: Pick<ReturnType<typeof createContacts>, 'sample'>,
): Pick<Connector, 'ensureField' | 'writeReferences' | 'written'> {
  async function errorsOf(job: string, signal: AbortSignal): Promise<Written['refused']> {
    const refused: { readonly handle: string; readonly reason: string }[] = [];
    for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
      const page: ImportErrors | undefined = await client.ask('followImport', signal, (apis) =>
        apis.profiles().getErrorsForBulkImportProfilesJob(job, {
          pageSize: ERRORS_A_PAGE,
          ...(cursor !== null && { pageCursor: cursor }),
        }),
      );
      for (const { attributes } of page?.data ?? []) {
        const handle = attributes.original_payload?.id;
        if (typeof handle === 'string')
          refused.push({ handle, reason: (attributes.title ?? 'Refused by Klaviyo.').slice(0, MAX_REASON) });
      }
      cursor = cursorOf(page?.links?.next);
    }
    return refused;
  }

  return {
    // A property is there once a profile has it; it is of whatever type its values are.
    async ensureField(audiences, signal) {
      const profiles = await sample(audiences, signal);
      const values = profiles.map(({ attributes }) => attributes.properties?.[referenceField] ?? null);
      const texts = values.filter((value) => typeof value === 'string').length;
      const others = values.filter((value) => value !== null).length - texts;
      // Where references are, one that somebody has put something else in place of is written again.
      if (others === 0 || others < texts) return;
      throw new AppError(
        'connection_refused',
        `The property ${referenceField} of this Klaviyo account holds other things than text: name another one for the contact references.`,
      );
    },

    // Ids and one property, and no list: nobody is added, subscribed or made anew.
    async writeReferences(entries, signal) {
      if (entries.length === 0) return { job: null, refused: [] };
      const job = await client.ask<Job>('startImport', signal, (apis) =>
        apis.send('POST', '/api/profile-bulk-import-jobs', {
          data: {
            type: 'profile-bulk-import-job',
            attributes: {
              profiles: {
                data: entries.map(({ handle, reference }) => ({
                  type: 'profile',
                  id: handle,
                  attributes: { properties: { [referenceField]: reference } },
                })),
              },
            },
          },
        }),
      );
      return { job: held(job, 'bulk imports').data.id, refused: [] };
    },

    async written(job, signal) {
      const state = await client.ask<Job>('followImport', signal, (apis) =>
        apis.profiles().getBulkImportProfilesJob(job),
      );
      // One that Klaviyo has forgotten was done long ago; what it left out is met by the next full sync.
      if (!state) return [];
      const { status, failed_count } = state.data.attributes;
      if (status === 'cancelled')
        throw new AppError('platform_unavailable', 'Klaviyo has cancelled what it was to write: sync once more.');
      if (status !== 'complete') return undefined;
      return failed_count === 0 ? [] : errorsOf(job, signal);
    },
  };
}
