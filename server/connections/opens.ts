import { AppError } from '../../core/errors.ts';
import type { Connector } from '../../integrations/connector.ts';

/**
 * Whether it is the credentials that the platform refuses, not only what was asked with them: a list that is gone or one
 * contact must not hold up everybody else's.
 */
export const opensNothing = (connector: Connector, signal: AbortSignal): Promise<boolean> =>
  connector.check(signal).then(
    () => false,
    (error: unknown) => error instanceof AppError && error.code === 'connection_refused',
  );
