/** A contact, as much of it as leaves Mergepix: nothing personal. */
export type Contact = {
  readonly id: string;
  readonly reference: string;
  readonly version: number;
  readonly updatedAt: string;
};

/** A contact as steps of a Zap see it: never its fields, which may hold anything. */
export const showContact = ({ id, reference, version, updatedAt }: Contact) => ({
  ...{ id, reference, version, updated_at: updatedAt },
});

/** What of it has labels. */
export const contactFields = [
  { key: 'id', label: 'Contact ID' },
  { key: 'reference', label: 'Contact Reference' },
  { key: 'version', label: 'Times It Was Changed', type: 'integer' },
  { key: 'updated_at', label: 'Updated At', type: 'datetime' },
] as const;

/** One of them. */
export const contactSample = {
  id: 'V1StGXR8_Z5jdHi6',
  reference: 'V1StGXR8_Z5jdHi6q83vEjRWeJASNFZ4kBI0VnaL',
  version: 2,
  updated_at: '2027-06-18T09:30:00.000Z',
};
