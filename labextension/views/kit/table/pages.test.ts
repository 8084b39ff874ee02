import { describe, expect, it, vi } from 'vitest';
import type { ISort } from '../columns';
import { Pages, type IFetchOptions } from './pages';

interface IRequest {
  start: number;
  stop: number;
  sort: ISort | null;
  signal: AbortSignal;
  answer: (rows?: string[]) => Promise<void>;
  fail: (error: Error) => Promise<void>;
}

/** A source that answers when the test says so. */
function source() {
  const requests: IRequest[] = [];
  const fetch = (start: number, stop: number, options: IFetchOptions) =>
    new Promise<string[]>((resolve, reject) => {
      const settle = async () => {
        await Promise.resolve();
        await new Promise(done => setTimeout(done, 0));
      };
      requests.push({
        start,
        stop,
        ...options,
        answer: rows => {
          resolve(
            rows ??
              Array.from(
                { length: stop - start },
                (_, at) => `row ${start + at}`
              )
          );
          return settle();
        },
        fail: error => {
          reject(error);
          return settle();
        }
      });
    });
  return { requests, fetch };
}

vi.stubGlobal('window', globalThis);

describe('pages', () => {
  it('ask for what is seen, in whole pages, once', async () => {
    const { requests, fetch } = source();
    const changed = vi.fn();
    const pages = new Pages<string>(fetch, changed);
    pages.reset(fetch, 1000, null);
    pages.want(90, 120);
    pages.want(95, 125);
    expect(requests.map(one => [one.start, one.stop])).toEqual([[0, 200]]);
    expect(pages.row(95)).toBeUndefined();
    expect(pages.settled).toBe(false);
    await requests[0].answer();
    expect(pages.row(95)).toBe('row 95');
    expect(pages.settled).toBe(true);
    expect(changed).toHaveBeenCalledTimes(1);
    pages.want(100, 130);
    expect(requests.length).toBe(1);
  });

  it('withdraw what is no longer seen', async () => {
    const { requests, fetch } = source();
    const pages = new Pages<string>(fetch, () => undefined);
    pages.reset(fetch, 1_000_000, null);
    pages.want(0, 30);
    pages.want(500_000, 500_030);
    expect(requests[0].signal.aborted).toBe(true);
    await requests[0].answer(['late']);
    expect(pages.row(0)).toBeUndefined();
    await requests[1].answer();
    expect(pages.row(500_000)).toBe('row 500000');
  });

  it('leave the last, short page as it is', async () => {
    const { requests, fetch } = source();
    const pages = new Pages<string>(fetch, () => undefined);
    pages.reset(fetch, 150, null);
    pages.want(120, 400);
    expect([requests[0].start, requests[0].stop]).toEqual([100, 150]);
    await requests[0].answer();
    expect(pages.row(149)).toBe('row 149');
    expect(pages.row(150)).toBeUndefined();
  });

  it('keep old rows until new ones come', async () => {
    const { requests, fetch } = source();
    const pages = new Pages<string>(fetch, () => undefined);
    pages.reset(fetch, 300, null);
    pages.want(0, 30);
    await requests[0].answer();
    pages.reset(fetch, 300, { key: 'text', descending: true });
    pages.want(0, 30);
    expect(pages.row(0)).toBe('row 0');
    expect(requests[1].sort).toEqual({ key: 'text', descending: true });
    await requests[1].answer(['other']);
    expect(pages.row(0)).toBe('other');
    pages.reset(fetch, 50, null);
    expect(pages.row(299)).toBeUndefined();
  });

  it('say what went wrong, and try again when asked to', async () => {
    const { requests, fetch } = source();
    const pages = new Pages<string>(fetch, () => undefined);
    pages.reset(fetch, 300, null);
    pages.want(0, 30);
    await requests[0].fail(new Error('no such column'));
    expect(pages.error?.message).toBe('no such column');
    pages.want(0, 30);
    expect(requests.length).toBe(1);
    pages.again();
    await requests[1].answer();
    expect(pages.error).toBeNull();
    expect(pages.row(3)).toBe('row 3');
  });

  it('hold a bounded number of rows', async () => {
    const { requests, fetch } = source();
    const pages = new Pages<string>(fetch, () => undefined);
    pages.reset(fetch, 1_000_000, null);
    for (let page = 0; page < 200; page += 1) {
      pages.want(page * 100, page * 100 + 50);
      await requests[page].answer();
    }
    let held = 0;
    for (let row = 0; row < 20_000; row += 1) {
      held += pages.row(row) === undefined ? 0 : 1;
    }
    expect(held).toBe(6000);
    expect(pages.row(19_910)).toBe('row 19910');
  });

  it('stop for good', async () => {
    const { requests, fetch } = source();
    const pages = new Pages<string>(fetch, () => undefined);
    pages.reset(fetch, 300, null);
    pages.want(0, 30);
    pages.stop();
    expect(requests[0].signal.aborted).toBe(true);
  });
});
