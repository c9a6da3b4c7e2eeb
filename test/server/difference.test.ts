import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../server/connections/difference.ts';

const lines = (...texts: string[]) => texts.join('\n');

describe('a difference', () => {
  it('of equal texts is nothing', () => {
    expect(differenceOf('a\nb', 'a\nb')).toBe('');
  });

  it('shows only lines that changed, and where', () => {
    expect(differenceOf(lines('a', 'b', 'c'), lines('a', 'x', 'y', 'c'))).toBe(lines('@@ line 2 @@', '-b', '+x', '+y'));
    expect(differenceOf(lines('a', 'c'), lines('a', 'b', 'c'))).toBe(lines('@@ line 2 @@', '+b'));
    expect(differenceOf(lines('a', 'b', 'c'), lines('a', 'c'))).toBe(lines('@@ line 2 @@', '-b'));
    expect(differenceOf('', 'a')).toBe(lines('@@ line 1 @@', '-', '+a'));
  });

  it('shows two changes apart, without what stands between them', () => {
    const before = lines('a', 'old', 'b', 'c', 'old', 'd');
    expect(differenceOf(before, before.replaceAll('old', 'new'))).toBe(
      lines('@@ line 2 @@', '-old', '+new', '@@ line 5 @@', '-old', '+new'),
    );
  });

  it('shows of a long line only what changed and a little around it', () => {
    const long = (text: string) => `<body>${'a'.repeat(5_000)}${text}${'b'.repeat(5_000)}</body>`;
    expect(differenceOf(long(''), long('<img>'))).toBe(
      lines('@@ line 1 @@', `-…${'a'.repeat(40)}${'b'.repeat(40)}…`, `+…${'a'.repeat(40)}<img>${'b'.repeat(40)}…`),
    );
  });

  it('of texts with very many lines is there too', () => {
    const many = (text: string) => Array.from({ length: 20_000 }, (_, i) => `${text}${i}`).join('\n');
    expect(differenceOf(many('a'), many('b'))).toMatch(/^@@ line 1 @@\n-a0\n/);
  });
});
