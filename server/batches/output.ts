import { AppError } from '../../core/errors.ts';
import { outputs } from '../../core/template/output.ts';
import type { Services } from '../services.ts';
import type { S3Place } from '../stores/s3.ts';

/** Where the pictures of a batch are put beside: `s3://bucket/folder`. Groups: bucket, folder. */
const FOLDER = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9][A-Za-z0-9/_=.-]{0,299}))?$/;

const WRITE_MS = 10_000;

/** Throws `request_invalid` for what is no folder of a bucket that the workspace allows. */
export async function checkOutput({ settings }: Pick<Services, 'settings'>, workspace: string, output: string) {
  const { s3Buckets } = await settings.get(workspace);
  const place = placeOf(output, '');
  if (place && !place.key.split('/').includes('..') && s3Buckets.includes(place.bucket)) return;
  const message = 'expected s3://bucket/folder in a bucket that the settings of the workspace allow';
  throw new AppError('request_invalid', 'The pictures cannot be put there.', { faults: [{ path: 'output', message }] });
}

/** Puts one finished picture into the folder. Throws `blobs_unavailable`. */
export async function putOutput(
  { s3 }: Pick<Services, 's3'>,
  output: string,
  { name, format, bytes }: { name: string; format: keyof typeof outputs; bytes: Buffer },
): Promise<void> {
  const place = placeOf(output, name);
  if (place) await s3.put(place, bytes, WRITE_MS, outputs[format].mime);
}

function placeOf(output: string, name: string): S3Place | undefined {
  const [, bucket, folder = ''] = FOLDER.exec(output) ?? [];
  return bucket === undefined ? undefined : { bucket, key: `${folder.replace(/\/+$/, '')}/${name}`.replace(/^\//, '') };
}
