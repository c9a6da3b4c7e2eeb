// A process of its own that stands in for Klaviyo, with its documented limits: node platform.mjs <bundle> <contacts>
const [bundle, contacts] = process.argv.slice(2);
const { startFakeKlaviyo } = await import(bundle);
const fake = await startFakeKlaviyo({ limits: 1, importMs: 1000, isChecked: false });
const account = fake.addAccount();
for (let i = 0; i < Number(contacts); i++)
  account.addProfile({
    email: `person-${i}@example.com`,
    first_name: `Person ${i}`,
    location: { city: ['Oslo', 'Porto', 'Lima'][i % 3] },
    properties: { Tier: ['gold', 'silver'][i % 2], Points: i },
  });
process.on('message', () => {
  const written = [...account.profiles.values()].filter(({ properties }) => properties.mergepix).length;
  const refused = fake.asked.filter(({ status }) => status === 429).length;
  process.send({ requests: fake.asked.length, refused, written, imports: account.jobs.size });
});
process.send({ url: fake.url, apiKey: account.apiKey });
