/** Gives the entries from `offset` on, and how many there are in all. */
export type FetchPage<T> = (
  offset: number,
  limit: number,
  signal: AbortSignal
) => Promise<{ items: T[]; total: number }>;

interface IPage<T> {
  items?: T[];
  /** Aborts the question that is under way. */
  asking?: AbortController;
  /** Whether something has changed since the items came. */
  stale?: boolean;
}

/**
 * A long list of which the pages that are looked at are fetched.
 *
 * What was fetched stays visible while it is fetched anew, so that nothing jumps.
 */
export class PagedList<T> {
  constructor(
    private readonly fetch: FetchPage<T>,
    private readonly size: () => number,
    private readonly changed: () => void
  ) {}

  /** How many entries there are; undefined before the first answer. */
  total: number | undefined;
  /** What the last question failed with. */
  error: Error | undefined;

  /** Give an entry, when it has been fetched. */
  at(index: number): T | undefined {
    const page = this.pages.get(Math.floor(index / this.limit));
    return page?.items?.[index % this.limit];
  }

  /** See to it that a range is fetched, and is new. */
  need(start: number, stop: number): void {
    if (this.limit !== this.size()) {
      this.reset();
    }
    const last = Math.max(start, stop - 1);
    const until = Math.floor(last / this.limit);
    for (let at = Math.floor(start / this.limit); at <= until; at += 1) {
      const page = this.pages.get(at);
      if (!page || (page.stale && !page.asking)) {
        void this.load(at);
      }
    }
    this.range = [start, stop];
  }

  /** Fetch anew what is looked at; the rest when it is looked at. */
  renew(): void {
    for (const page of this.pages.values()) {
      page.stale = true;
    }
    this.need(...this.range);
  }

  /** Ask for something else; what is seen at the top stays until it has come. */
  replace(): void {
    const [start, stop] = this.range;
    for (const [at, page] of this.pages) {
      page.asking?.abort();
      page.asking = undefined;
      page.stale = true;
      if (at > 0 || !page.items) {
        this.pages.delete(at);
      }
    }
    this.need(0, Math.max(1, stop - start));
  }

  /** Forget everything, as when another workspace is shown. */
  reset(): void {
    for (const page of this.pages.values()) {
      page.asking?.abort();
    }
    this.pages.clear();
    this.limit = this.size();
    this.total = undefined;
    this.error = undefined;
    this.range = [0, 1];
  }

  private async load(at: number): Promise<void> {
    const control = new AbortController();
    const page: IPage<T> = this.pages.get(at) ?? {};
    page.asking = control;
    page.stale = false;
    this.pages.set(at, page);
    try {
      const { items, total } = await this.fetch(
        at * this.limit,
        this.limit,
        control.signal
      );
      if (control.signal.aborted) {
        return;
      }
      page.items = items;
      this.total = total;
      this.error = undefined;
    } catch (error) {
      if (control.signal.aborted) {
        return;
      }
      this.error = error instanceof Error ? error : new Error(String(error));
      if (!page.items) {
        this.pages.delete(at);
      }
    }
    page.asking = undefined;
    this.changed();
    if (page.stale) {
      this.need(...this.range);
    }
  }

  private limit = 0;
  private range: [number, number] = [0, 1];
  private readonly pages = new Map<number, IPage<T>>();
}
