import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { createLog, type LogFields } from '../../server/observe/log.ts';
import { createTally } from '../../server/observe/tally.ts';

const collect = () => {
  const lines: string[] = [];
  return { log: createLog('info', { write: (line) => void lines.push(line) }), lines };
};

describe('the log', () => {
  it('holds only what is on its list', () => {
    const { log, lines } = collect();
    const fields = {
      route: '/v1/links',
      status: 200,
      url: '/i/token?c=1',
      email: 'a@b.c',
      values: { first_name: 'Amira' },
    };
    log.info('request', fields as LogFields);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 30,
      time: expect.any(String),
      event: 'request',
      route: '/v1/links',
      status: 200,
    });
  });

  it('tells the kind and place of a failure, never its message', () => {
    const { log, lines } = collect();
    log.error('request.failed', {}, new TypeError('cannot read first_name of Amira'));
    log.warn('render.failed', {}, new AppError('render_failed', 'about Amira', { cause: new RangeError('Amira') }));
    log.error('request.failed', {}, 'Amira');
    expect(lines.join('')).not.toContain('Amira');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      error: 'TypeError',
      frames: expect.arrayContaining([expect.stringContaining('log.test')]),
    });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ code: 'render_failed', error: 'RangeError' });
  });

  it('counts pictures instead of writing a line for each', () => {
    const { log, lines } = collect();
    const tally = createTally(log);
    for (const outcome of ['hit', 'hit', 'rendered']) tally.count(outcome);
    tally.flush();
    tally.flush();
    expect(lines.map((line) => JSON.parse(line).served)).toEqual([{ hit: 2, rendered: 1 }]);
  });
});
