import { describe, expect, it, vi } from 'vitest';
import { PagedList, type FetchPage } from './pages';

const TOTAL = 95;

/** A list whose answers come when the test lets them. */
function make(size = 10) {
  const asked: {
    offset: number;
    signal: AbortSignal;
    answer: (prefix?: string) => Promise<void>;
    fail: () => Promise<void>;
  }[] = [];
  const fetch: FetchPage<string> = (offset, limit, signal) =>
    new Promise((resolve, reject) => {
      const settle = () => new Promise<void>(done => setTimeout(done));
      asked.push({
        offset,
        signal,
        answer: (prefix = 'row') => {
          const length = Math.min(limit, TOTAL - offset);
          const items = Array.from(
            { length },
            (_, index) => `${prefix} ${offset + index}`
          );
          resolve({ items, total: TOTAL });
          return settle();
        },
        fail: () => {
          reject(new Error('no answer'));
          return settle();
        }
      });
    });
  const changed = vi.fn();
  return { list: new PagedList(fetch, () => size, changed), asked, changed };
}

describe('a list of pages', () => {
  it('asks for the pages of a range alone, and for each once', async () => {
    const { list, asked } = make();
    list.need(18, 31);
    list.need(18, 31);
    expect(asked.map(one => one.offset)).toEqual([10, 20, 30]);
    await asked[1].answer();
    expect(list.total).toBe(TOTAL);
    expect(list.at(20)).toBe('row 20');
    expect(list.at(19)).toBeUndefined();
    list.need(20, 25);
    expect(asked).toHaveLength(3);
  });

  it('shows what it has while it asks anew for what is looked at', async () => {
    const { list, asked, changed } = make();
    list.need(0, 5);
    await asked[0].answer();
    list.need(50, 55);
    await asked[1].answer();
    list.renew();
    expect(asked.map(one => one.offset)).toEqual([0, 50, 50]);
    expect(list.at(50)).toBe('row 50');
    await asked[2].answer('new');
    expect(list.at(50)).toBe('new 50');
    expect(list.at(0)).toBe('row 0');
    list.need(0, 5);
    expect(asked).toHaveLength(4);
    expect(changed).toHaveBeenCalledTimes(3);
  });

  it('asks once more when something changes while an answer is on its way', async () => {
    const { list, asked } = make();
    list.need(0, 5);
    list.renew();
    list.renew();
    expect(asked).toHaveLength(1);
    await asked[0].answer('old');
    expect(asked).toHaveLength(2);
    await asked[1].answer('new');
    expect(list.at(0)).toBe('new 0');
    expect(asked).toHaveLength(2);
  });

  it('forgets what was asked before another search', async () => {
    const { list, asked } = make();
    list.need(0, 5);
    list.reset();
    expect(asked[0].signal.aborted).toBe(true);
    list.need(0, 5);
    await asked[1].answer('found');
    await asked[0].answer('late');
    expect(list.at(0)).toBe('found 0');
  });

  it('shows the old until something else has been found', async () => {
    const { list, asked } = make();
    list.need(0, 5);
    await asked[0].answer('one');
    list.need(30, 35);
    list.replace();
    expect(asked[1].signal.aborted).toBe(true);
    list.replace();
    expect(asked[2].signal.aborted).toBe(true);
    expect(list.at(0)).toBe('one 0');
    await asked[3].answer('two');
    await asked[2].answer('late');
    expect(list.at(0)).toBe('two 0');
    expect(list.at(30)).toBeUndefined();
  });

  it('keeps the entries when an answer fails, and says so', async () => {
    const { list, asked } = make();
    list.need(0, 5);
    await asked[0].answer();
    list.renew();
    await asked[1].fail();
    expect(list.at(0)).toBe('row 0');
    expect(list.error?.message).toBe('no answer');
    list.renew();
    await asked[2].answer();
    expect(list.error).toBeUndefined();
  });
});
