import { describe, expect, it } from 'vitest';
import { createAttention } from '../../server/observe/attention.ts';
import { createCounted } from '../../server/observe/counted.ts';
import { type Reader, readerOf } from '../../server/observe/readers.ts';
import { readOutcome } from '../../server/observe/shown.ts';

describe('a reader', () => {
  it.each<[Reader, string | undefined]>([
    ['apple-proxy', 'Mozilla/5.0'],
    ['gmail-proxy', 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'],
    ['yahoo-proxy', 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html'],
    ['outlook', 'Mozilla/4.0 (compatible; ms-office; MSOffice 16)'],
    ['outlook', 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.10730; Pro)'],
    ['bot', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
    ['bot', 'curl/8.5.0'],
    ['bot', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36'],
    ['browser', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'],
    [
      'browser',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1',
    ],
    ['other', 'Thunderbird something'],
    ['other', ''],
    ['other', undefined],
  ])('is %s by what it says: %s', (reader, userAgent) => {
    expect(readerOf(userAgent)).toBe(reader);
  });
});

describe('an outcome', () => {
  it('is below fresh when it has a cause or is a lower step', () => {
    const below = (text: string) => readOutcome(text).isBelowFresh;
    expect(['hit', 'rendered', 'stale'].map(below)).toEqual([false, false, false]);
    expect(['defaults; contact-blank', 'last-good', 'rendered; image-missing', 'neutral; late'].map(below)).toEqual(
      Array(4).fill(true),
    );
    expect(readOutcome('fallback; render-timeout')).toMatchObject({ word: 'fallback', cause: 'render-timeout' });
  });
});

describe('attention', () => {
  const minute = 60_000;
  /** Serves a link for some minutes, a hundred pictures in each, and gives the minutes in which it was told of. */
  const serve = (shares: readonly number[]) => {
    const attention = createAttention();
    const told: number[] = [];
    for (const [at, share] of shares.entries()) {
      for (let i = 0; i < 100; i++) {
        const isBelow = Math.floor((i + 1) * share) > Math.floor(i * share);
        if (attention.count('a', isBelow, at * minute)) told.push(at);
      }
    }
    return told;
  };

  it('is asked for when the share jumps, not for a few or for what is usual', () => {
    expect(serve([0, 0, 0, 0.5])).toEqual([3]);
    expect(serve(Array(60).fill(0.04))).toEqual([]);
    expect(serve([...Array(50).fill(0.03), ...Array(5).fill(0.055)])).toEqual([]);
    expect(serve([...Array(50).fill(0.03), ...Array(5).fill(0.2)]).length).toBe(1);
  });

  it('is not asked for again within an hour, and is when it happens anew', () => {
    expect(serve(Array(180).fill(0.5))).toEqual([0]);
    expect(serve([0.5, ...Array(100).fill(0), 0.5])).toEqual([0, 101]);
  });

  it('keeps links apart', () => {
    const attention = createAttention();
    for (let i = 0; i < 100; i++) expect(attention.count(`link-${i}`, true, i)).toBeUndefined();
  });
});

describe('counting', () => {
  type Row = { name: string; count: number };
  const row = (name: string) => () => ({ name, count: 1 });

  it('loses nothing when a writing fails, and nothing that comes meanwhile', async () => {
    const written: Row[] = [];
    let isDown = true;
    const counted = createCounted<Row>(10, async (rows) => {
      if (isDown) throw new Error('down');
      written.push(...rows);
    });
    counted.add('a', row('a'));
    counted.add('a', row('a'));
    const flushing = counted.flush();
    counted.add('a', row('a'));
    await expect(flushing).rejects.toThrow('down');
    isDown = false;
    await counted.flush();
    expect(written).toEqual([{ name: 'a', count: 3 }]);
    await counted.flush();
    expect(written.length).toBe(1);
  });

  it('is bounded when the records are stuck', async () => {
    const counted = createCounted<Row>(2, () => new Promise(() => undefined));
    void counted.flush();
    for (const name of ['a', 'b', 'c', 'a', 'd']) counted.add(name, row(name));
    expect(counted.dropped()).toBe(2);
    void counted.flush();
    for (const name of ['a', 'b', 'c']) counted.add(name, row(name));
    expect(counted.dropped()).toBe(3);
  });
});
