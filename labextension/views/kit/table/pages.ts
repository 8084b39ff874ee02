import type { ISort } from '../columns';

export interface IFetchOptions {
  sort: ISort | null;
  /** Is aborted when the rows are no longer wanted. */
  signal: AbortSignal;
}

export type Fetch<R> = (
  start: number,
  stop: number,
  options: IFetchOptions
) => Promise<ArrayLike<R>>;

interface IPage<R> {
  rows: ArrayLike<R>;
  /** Whether it is of the rows as they are now, not as they were before a sort or a filter. */
  fresh: boolean;
}

/** Rows that are asked for together. */
export const PAGE_ROWS = 100;
/** Pages that are kept; more than any screen shows, and little enough for any memory. */
const KEPT = 60;

/**
 * The rows of a long table, page by page, as the view over them moves.
 *
 * One request is under way at a time: for the pages that are seen now and are not here. When what
 * is seen moves on before the answer came, the request is aborted. After a change of the rows the
 * old ones stay until the new ones come, so that nothing flashes.
 */
export class Pages<R> {
  private readonly pages = new Map<number, IPage<R>>();
  private control: AbortController | null = null;
  private asked: [number, number] = [0, 0];
  private wanted: [number, number] = [0, 0];
  private timer = 0;
  private sort: ISort | null = null;
  private total = 0;
  /** What went wrong with the last request. */
  error: Error | null = null;

  constructor(
    private fetch: Fetch<R>,
    private readonly changed: () => void
  ) {}

  /** Take another source, order or number of rows; what is held is shown until it is replaced. */
  reset(fetch: Fetch<R>, total: number, sort: ISort | null): void {
    this.fetch = fetch;
    this.total = total;
    this.sort = sort;
    this.error = null;
    this.stop();
    for (const [number, page] of this.pages) {
      if (number * PAGE_ROWS >= total) {
        this.pages.delete(number);
      }
      page.fresh = false;
    }
    this.look();
  }

  /** A row, or undefined while it is not here. */
  row(index: number): R | undefined {
    const page = this.pages.get(Math.floor(index / PAGE_ROWS));
    return page?.rows[index % PAGE_ROWS];
  }

  /** Whether all rows that are seen are here and new. */
  get settled(): boolean {
    return this.missing() === null;
  }

  /** Say which rows are seen; with a delay while they rush by. */
  want(start: number, stop: number, delay = 0): void {
    this.wanted = [Math.max(0, start), Math.max(0, Math.min(stop, this.total))];
    if (delay === 0) {
      this.look();
    } else if (!this.timer) {
      this.timer = window.setTimeout(() => this.look(), delay);
    }
  }

  /** Ask once more after an error. */
  again(): void {
    this.error = null;
    this.look();
  }

  /** Forget the request under way. */
  stop(): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.control?.abort();
    this.control = null;
  }

  /** Give rows wherever they are, asking for those that are not here; for a copy. */
  async all(start: number, stop: number, signal: AbortSignal): Promise<R[]> {
    const held = Array.from({ length: stop - start }, (_, at) =>
      this.row(start + at)
    );
    if (held.every(row => row !== undefined)) {
      return held as R[];
    }
    return Array.from(
      await this.fetch(start, stop, { sort: this.sort, signal })
    );
  }

  private missing(): [number, number] | null {
    let [first, last] = this.wanted;
    if (last <= first) {
      return null;
    }
    first = Math.floor(first / PAGE_ROWS);
    last = Math.ceil(last / PAGE_ROWS);
    while (first < last && this.pages.get(first)?.fresh) {
      first += 1;
    }
    while (last > first && this.pages.get(last - 1)?.fresh) {
      last -= 1;
    }
    return last > first ? [first, last] : null;
  }

  private look(): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
    const missing = this.missing();
    if (missing === null || this.error) {
      if (missing === null && this.control) {
        this.stop();
      }
      return;
    }
    const [first, last] = missing;
    if (this.control && this.asked[0] <= first && last <= this.asked[1]) {
      return;
    }
    this.stop();
    void this.ask(first, last);
  }

  private async ask(first: number, last: number): Promise<void> {
    const control = new AbortController();
    const { signal } = control;
    this.control = control;
    this.asked = [first, last];
    const start = first * PAGE_ROWS;
    const stop = Math.min(last * PAGE_ROWS, this.total);
    try {
      const rows = await this.fetch(start, stop, { sort: this.sort, signal });
      if (signal.aborted) {
        return;
      }
      for (let page = first; page < last; page += 1) {
        const from = (page - first) * PAGE_ROWS;
        this.keep(page, Array.from(rows).slice(from, from + PAGE_ROWS));
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.error = error instanceof Error ? error : new Error(String(error));
    }
    this.control = null;
    this.changed();
    this.look();
  }

  private keep(number: number, rows: ArrayLike<R>): void {
    this.pages.delete(number);
    this.pages.set(number, { rows, fresh: true });
    for (const old of this.pages.keys()) {
      if (this.pages.size <= KEPT) {
        break;
      }
      this.pages.delete(old);
    }
  }
}
