import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../services.ts';
import { audit } from '../stores/records/audit.ts';
import { revokeSealed } from '../stores/records/sealed.ts';
import { type Operation, operation } from './operation.ts';

/** Pictures that were made already. */
export const pictureOperations = (services: Services): Operation[] => [
  operation({
    id: 'revokePicture',
    scope: 'links:revoke',
    method: 'delete',
    path: '/v1/pictures/{id}',
    tag: 'Pictures',
    summary: 'Take a generated picture back: its address shows a neutral one',
    params: z.strictObject({ id: z.string().max(40) }),
    refuses: ['picture_not_found'],
    async run({ actor: { workspace, id: actor }, params: { id } }) {
      const now = Date.now();
      if (!(await revokeSealed(services.records, workspace, id, now)))
        throw new AppError('picture_not_found', 'There is no picture with that id in this workspace.');
      await audit(services.records, { workspace, actor, action: 'picture.revoked', subject: id, now });
      await services.changes.tell('sealed', id);
    },
  }),
];
