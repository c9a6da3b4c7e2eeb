import zapier, { defineApp } from 'zapier-platform-core';
import packageJson from '../package.json' with { type: 'json' };
import authentication from './authentication.ts';
import createMergeTagLink from './creates/create_merge_tag_link.ts';
import generateImage from './creates/generate_image.ts';
import generateImagesFromRows from './creates/generate_images_from_rows.ts';
import generatePdf from './creates/generate_pdf.ts';
import updateContactFields from './creates/update_contact_fields.ts';
import warmUpSend from './creates/warm_up_send.ts';
import hydrators from './hydrators.ts';
import { afters, befores } from './middleware.ts';
import findContact from './searches/find_contact.ts';
import findTemplate from './searches/find_template.ts';
import batchFinished from './triggers/batch_finished.ts';
import imageRendered from './triggers/image_rendered.ts';
import listAudiences from './triggers/list_audiences.ts';
import listConnections from './triggers/list_connections.ts';
import listContacts from './triggers/list_contacts.ts';
import listLinks from './triggers/list_links.ts';
import listSends from './triggers/list_sends.ts';
import listTemplates from './triggers/list_templates.ts';
import listVariants from './triggers/list_variants.ts';
import listVersions from './triggers/list_versions.ts';
import templatePublished from './triggers/template_published.ts';
import warmupFinished from './triggers/warmup_finished.ts';
import warmupNeedsAttention from './triggers/warmup_needs_attention.ts';

/** The app as Zapier runs it. A new trigger, search or action is a file named by its key, and a line here. */
export default defineApp({
  version: packageJson.version,
  platformVersion: zapier.version,
  authentication,
  beforeRequest: befores,
  afterResponse: afters,
  // Too many requests are answered with a wait of our own: see middleware.ts.
  flags: { throwForThrottlingEarly: false, cleanInputData: true },
  triggers: {
    [imageRendered.key]: imageRendered,
    [batchFinished.key]: batchFinished,
    [warmupFinished.key]: warmupFinished,
    [warmupNeedsAttention.key]: warmupNeedsAttention,
    [templatePublished.key]: templatePublished,
    [listConnections.key]: listConnections,
    [listContacts.key]: listContacts,
    [listLinks.key]: listLinks,
    [listSends.key]: listSends,
    [listAudiences.key]: listAudiences,
    [listTemplates.key]: listTemplates,
    [listVariants.key]: listVariants,
    [listVersions.key]: listVersions,
  },
  searches: {
    [findTemplate.key]: findTemplate,
    [findContact.key]: findContact,
  },
  searchOrCreates: {
    [findContact.key]: {
      key: findContact.key,
      display: {
        label: 'Find or Add Contact',
        description: 'Finds a contact by your own ID, and adds it with its fields when there is none.',
      },
      search: findContact.key,
      create: updateContactFields.key,
    },
  },
  creates: {
    [generateImage.key]: generateImage,
    [generatePdf.key]: generatePdf,
    [generateImagesFromRows.key]: generateImagesFromRows,
    [createMergeTagLink.key]: createMergeTagLink,
    [warmUpSend.key]: warmUpSend,
    [updateContactFields.key]: updateContactFields,
  },
  hydrators,
});
