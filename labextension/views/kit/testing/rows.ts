import type { IFetchOptions, Row } from '..';
import { ARABIC, CHINESE, HOSTILE, LONG, SHORT } from './contents';

/** One cell holds a line of 5 MB. */
export const HUGE = 'x'.repeat(5_000_000);

const TEXTS = [
  SHORT,
  'A dull, dull evening at the cinema.',
  CHINESE,
  ARABIC,
  LONG,
  '',
  ...HOSTILE
];

/** A row of a table that exists only as far as it is asked for. */
export function rowAt(index: number): Row {
  return {
    id: `row-${index}`,
    text: index === 40 ? HUGE : TEXTS[index % TEXTS.length],
    label: ['positive', 'negative', '中性', 'محايد'][index % 4],
    tokens: (index * 7919) % 512,
    score: index % 11 === 0 ? null : ((index * 104729) % 9973) / 9973,
    when: new Date(Date.UTC(2026, 0, 1) + index * 60_000),
    tags: index % 5 === 0 ? ['checked', 'short'] : []
  };
}

/** What was asked of the rows and what was withdrawn before it came. */
export const requests = { asked: 0, withdrawn: 0, rows: 0 };

/** Rows by range, after some milliseconds, unless they are no longer wanted. */
export function fetchRows(total: number, delay: number) {
  return (
    start: number,
    stop: number,
    { sort, signal }: IFetchOptions
  ): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      requests.asked += 1;
      requests.rows += stop - start;
      const timer = setTimeout(
        () =>
          resolve(
            Array.from({ length: stop - start }, (_, at) =>
              rowAt(sort?.descending ? total - 1 - start - at : start + at)
            )
          ),
        delay
      );
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        requests.withdrawn += 1;
        reject(new DOMException('withdrawn', 'AbortError'));
      });
    });
}
