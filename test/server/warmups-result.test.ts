import { describe, expect, it } from 'vitest';
import { addResult, emptyResult, MAX_WORST, noteWorst } from '../../server/warmups/result.ts';

const of = (contact: string) => ({ link: 'a-link', contact });

describe('the worst pictures of a warm-up', () => {
  it('are those with the most to look at, where all lack the same', () => {
    const result = emptyResult();
    for (let i = 0; i < 3 * MAX_WORST; i++) noteWorst(result, of(`usual ${i}`), ['blank', 'blank']);
    noteWorst(result, of('nameless'), ['blank', 'blank', 'blank']);
    expect(result.worst).toHaveLength(MAX_WORST);
    expect(result.worst[0]).toMatchObject({ ...of('nameless'), why: ['blank'] });
  });

  it('tell what stopped a picture, whichever part of the work is summed up first', () => {
    const [resolved, made] = [emptyResult(), emptyResult()];
    noteWorst(resolved, of('somebody'), ['blank']);
    noteWorst(made, of('somebody'), ['blank', 'render_timeout']);
    for (const parts of [
      [resolved, made],
      [made, resolved],
    ]) {
      const sum = emptyResult();
      for (const part of parts) addResult(sum, part);
      expect(sum.worst).toEqual([expect.objectContaining({ why: ['blank', 'render_timeout'] })]);
    }
  });
});
