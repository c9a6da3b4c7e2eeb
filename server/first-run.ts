import { readFile } from 'node:fs/promises';
import { sampleData } from '../core/template/contract.ts';
import type { FormatName } from '../core/template/output.ts';
import { digestOf } from './access/api-keys.ts';
import { makeSignIn } from './access/sign-in.ts';
import { generatePicture } from './image/generate.ts';
import { createLink } from './links/create.ts';
import { linkPolicy, readLink } from './links/link.ts';
import { type WrittenLink, writeLink } from './links/write.ts';
import { sealedUrl, subjectDigest } from './sealed/seal.ts';
import type { Services } from './services.ts';
import { DEFAULT_WORKSPACE } from './stores/records/index.ts';
import { findFirstLink } from './stores/records/links.ts';
import { findSealedOf } from './stores/records/sealed.ts';

/** What somebody who has just started the service can try at once. */
export type Welcome = {
  /** A finished picture of the sample's own example person. */
  readonly pictureUrl: string;
  readonly mailchimp: WrittenLink;
  readonly klaviyo: WrittenLink;
  readonly docsUrl: string;
  /** Opens the studio; signs in once, within an hour, where the admin key was made here. */
  readonly studioUrl: string;
  /** The file the admin key was made in; undefined when it was configured. */
  readonly adminKeyFile: string | undefined;
};

const SUBJECT = 'welcome';

/** A picture and links of a published sample: made once, the same at every later start. Undefined without that sample. */
export async function welcome(services: Services, template: string): Promise<Welcome | undefined> {
  const published = await services.library.get(DEFAULT_WORKSPACE, template, { channel: 'production' });
  if (!published) return undefined;
  const { records, encryption, publicUrl, adminKeyFile } = services;
  const subject = subjectDigest(encryption, DEFAULT_WORKSPACE, SUBJECT);
  const sealed = subject === null ? undefined : await findSealedOf(records, DEFAULT_WORKSPACE, template, subject);
  const data = sampleData(published.template.fields);
  const pictureUrl = sealed
    ? sealedUrl(services, sealed.id, sealed.format as FormatName)
    : (await generatePicture(services, DEFAULT_WORKSPACE, { template, data, subject: SUBJECT })).url;

  const write = async (platform: 'mailchimp' | 'klaviyo'): Promise<WrittenLink> => {
    const kept = await findFirstLink(records, DEFAULT_WORKSPACE, template, platform);
    const order = {
      template,
      version: null,
      platform,
      mode: 'contact',
      fields: {},
      formats: undefined,
      scale: undefined,
      scales: [],
    } as const;
    const by = { workspace: DEFAULT_WORKSPACE, id: 'samples' };
    const link = kept ? readLink(kept) : await createLink(services, by, { ...order, policy: linkPolicy.parse({}) });
    return writeLink(services, link, published);
  };
  return {
    pictureUrl,
    mailchimp: await write('mailchimp'),
    klaviyo: await write('klaviyo'),
    docsUrl: `${publicUrl}/docs`,
    studioUrl: await studioUrlFor(services),
    adminKeyFile,
  };
}

// A configured key belongs to an operator, whose log is read by others: a way in is not written there.
async function studioUrlFor({ records, publicUrl, adminKeyFile }: Services): Promise<string> {
  const studio = `${publicUrl}/studio/`;
  if (adminKeyFile === undefined) return studio;
  const key = (await readFile(adminKeyFile, 'utf8')).trim();
  const token = await makeSignIn(records, DEFAULT_WORKSPACE, digestOf(key), Date.now());
  // After the #, where neither a server nor a log sees it.
  return `${studio}#sign-in=${token}`;
}
