import type { IStateDB } from '@jupyterlab/statedb';
import { Signal, type ISignal } from '@lumino/signaling';
import type { IWorkbench } from '../tokens';
import type { ICount, IEntry, IFound, ISection } from './entry';
import { PagedList, type FetchPage } from './pages';
import { within, type IPlace, type IShape } from './tree';

/** Under which key the sidebar is remembered. */
// Not under the name of the panels' tracker, which takes away what it did not write.
const KEY = 'llmops-workbench-sidebar:open';
/** What is open the first time. */
const FIRST_OPEN = ['running', 'data', 'models'];
/** The section that stands for what was found. */
export const RESULTS = 'results';
/** How many are shown of what was found. */
const MOST_RESULTS = 100;
/** How many entries of a section are seen at first. */
const FIRST_ROWS = 10;

interface IRemembered {
  open: string[];
  [key: string]: string[];
}

/** One operation that the button for something new offers. */
export interface INew {
  operation: string;
  label: string;
}

/** What the sidebar shows: the sections, their entries as far as they were looked at, the search. */
export class SidebarModel {
  constructor(
    readonly workbench: IWorkbench,
    private readonly kept: IStateDB | null
  ) {
    const { changes } = workbench;
    changes.changed.connect(this.renew, this);
    changes.jobsMoved.connect(this.renewRunning, this);
    changes.standingChanged.connect(this.onStanding, this);
    this.results = this.makeList(RESULTS);
    void this.recall();
  }

  /** Something is to be painted anew. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  sections: ISection[] = [];
  offers: INew[] = [];
  counts: { [section: string]: ICount } = {};
  /** What is searched for across all; empty for nothing. */
  query = '';
  /** What each section is filtered by; an entry of '' shows the empty field. */
  readonly filters = new Map<string, string>();
  /** Where the keyboard is. */
  place: IPlace = { section: '', index: -1 };

  /** Which sections stand there now. */
  get shown(): readonly ISection[] {
    return this.query ? [this.found] : this.sections;
  }

  get shape(): IShape {
    return {
      sections: this.shown.map(section => section.id),
      isOpen: id => this.isOpen(id),
      length: id => this.list(id).total ?? 0
    };
  }

  isOpen(id: string): boolean {
    return id === RESULTS || this.open.has(id);
  }

  list(id: string): PagedList<IEntry> {
    let list = id === RESULTS ? this.results : this.lists.get(id);
    if (!list) {
      list = this.makeList(id);
      this.lists.set(id, list);
    }
    return list;
  }

  toggle(id: string, open = !this.open.has(id)): void {
    if (open) {
      this.open.add(id);
    } else {
      this.open.delete(id);
    }
    this.remember();
    this.paint();
  }

  go(place: IPlace): void {
    this.place = within(place, this.shape);
    this.paint();
  }

  search(text: string): void {
    this.query = text;
    this.place = { section: text ? RESULTS : '', index: text ? 0 : -1 };
    if (text) {
      this.results.replace();
    } else {
      this.results.reset();
    }
    this.paint();
  }

  /** Filter one section; undefined takes its field away. */
  filter(id: string, text: string | undefined): void {
    if (text === undefined) {
      this.filters.delete(id);
    } else {
      this.filters.set(id, text);
    }
    this.list(id).replace();
    this.paint();
  }

  /** Begin to show: ask for what is not known yet. */
  show(): void {
    this.visible = true;
    if (this.stale) {
      void this.renew();
    }
  }

  hide(): void {
    this.visible = false;
  }

  paint(): void {
    this._changed.emit();
  }

  dispose(): void {
    this.workbench.changes.changed.disconnect(this.renew, this);
    this.workbench.changes.jobsMoved.disconnect(this.renewRunning, this);
    this.workbench.changes.standingChanged.disconnect(this.onStanding, this);
    Signal.clearData(this);
  }

  /** Ask anew for what is shown. */
  private async renew(): Promise<void> {
    const { client, changes } = this.workbench;
    if (!this.visible || !changes.workspace) {
      this.stale = true;
      return;
    }
    this.stale = false;
    this.renewLists();
    try {
      const told =
        this.sections.length === 0
          ? client.get<{ sections: ISection[]; new: INew[] }>('sidebar')
          : undefined;
      const counts = client.get<typeof this.counts>('sidebar/counts');
      if (told) {
        const { sections, new: offers } = await told;
        this.sections = sections;
        this.offers = offers;
        this.paint();
      }
      this.counts = await counts;
      this.paint();
    } catch (error) {
      this.stale = true;
      console.warn('The sidebar of LLMOps Workbench could not be read', error);
    }
  }

  private renewLists(): void {
    if (this.query) {
      this.results.renew();
    }
    if (!this.query) {
      // Asked for at once, beside what describes the sections.
      this.open.forEach(id => this.list(id).need(0, FIRST_ROWS));
    }
    for (const [id, list] of this.lists) {
      if (!this.query && this.isOpen(id)) {
        list.renew();
      } else {
        list.reset();
      }
    }
  }

  private renewRunning(): void {
    if (this.visible && !this.query && this.isOpen('running')) {
      this.lists.get('running')?.renew();
    }
  }

  private onStanding(): void {
    const id = this.workbench.changes.workspace?.id ?? '';
    if (id !== this.workspace) {
      this.workspace = id;
      this.lists.forEach(list => list.reset());
      void this.renew();
    }
    this.paint();
  }

  private makeList(id: string): PagedList<IEntry> {
    const { client, settings } = this.workbench;
    const fetch: FetchPage<IEntry> = (offset, limit, signal) =>
      id === RESULTS
        ? this.find(limit, signal)
        : client.get(
            `sidebar/sections/${id}`,
            { search: this.filters.get(id), offset, limit },
            signal
          );
    const size = () => (id === RESULTS ? MOST_RESULTS : settings.pageSize);
    return new PagedList(fetch, size, () => {
      this.place = this.shown.length
        ? within(this.place, this.shape)
        : this.place;
      this.paint();
    });
  }

  private async find(limit: number, signal: AbortSignal) {
    const { client, messages, trans } = this.workbench;
    const query = { q: this.query, limit };
    const { items } = await client.get<{ items: IFound[] }>(
      'search',
      query,
      signal
    );
    return {
      items: items.map((item): IEntry => ({
        ...item,
        title: item.name,
        figures: [
          {
            label: trans.__('Kind'),
            value: messages.say(item.kind),
            form: 'text'
          }
        ]
      })),
      total: items.length
    };
  }

  private async recall(): Promise<void> {
    const found = (await this.kept?.fetch(KEY)) as IRemembered | undefined;
    this.open = new Set(found?.open ?? FIRST_OPEN);
    this.paint();
  }

  private remember(): void {
    void this.kept?.save(KEY, { open: [...this.open] });
  }

  private get found(): ISection {
    const title = this.workbench.trans.__('Found');
    const empty = this.workbench.trans.__('Nothing has this name.');
    return { id: RESULTS, title, kind: '', empty, start: '', begin: '' };
  }

  private open = new Set<string>();
  private readonly lists = new Map<string, PagedList<IEntry>>();
  private readonly results: PagedList<IEntry>;
  private visible = false;
  private stale = true;
  private workspace = '';
  private readonly _changed = new Signal<this, void>(this);
}
