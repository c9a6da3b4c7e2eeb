import zapier, { defineApp } from 'zapier-platform-core';
import packageJson from '../package.json' with { type: 'json' };
import authentication from './authentication.ts';
import generateImage from './creates/generate_image.ts';
import hydrators from './hydrators.ts';
import { afters, befores } from './middleware.ts';
import listTemplates from './triggers/list_templates.ts';
import listVersions from './triggers/list_versions.ts';

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
    [listTemplates.key]: listTemplates,
    [listVersions.key]: listVersions,
  },
  searches: {},
  creates: {
    [generateImage.key]: generateImage,
  },
  hydrators,
});
