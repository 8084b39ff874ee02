/** The dashboard's way to its own server, and what it hears of it. */
import type { Json, Status } from '../../host';
import { request, type Send } from '../rest';

/** Milliseconds between two looks at whether something changed. */
const LOOK = 1500;

interface IServerStatus {
  workspace: { id: string; name: string } | null;
  user: string;
  revision: number;
  jobs_revision: number;
}

export class Way {
  constructor(private readonly signal: AbortSignal) {
    const again = () => {
      if (!document.hidden) {
        void this.look();
      }
    };
    const timer = window.setInterval(again, LOOK);
    document.addEventListener('visibilitychange', again, { signal });
    signal.addEventListener('abort', () => window.clearInterval(timer));
  }

  /** Send a request to a path below the routes' root, wherever the page is served. */
  readonly send: Send = (path, init) =>
    fetch(new URL(`llmops-workbench/${path}`, document.baseURI), {
      credentials: 'same-origin',
      ...init
    });

  /** Get a JSON value; parameters that are null or empty are left out. */
  async get<T>(
    path: string,
    query: { [key: string]: Json } = {},
    signal?: AbortSignal
  ): Promise<T> {
    const given = Object.entries(query).filter(
      ([, value]) => value !== null && value !== ''
    );
    const words = new URLSearchParams(
      given.map(([key, value]) => [key, String(value)])
    ).toString();
    const { json } = await request(
      this.send,
      words ? `${path}?${words}` : path,
      { signal }
    );
    return json as T;
  }

  status: Status = 'live';
  workspace = { id: '', name: '' };
  user = '';
  /** How often the store has changed since the page was opened. */
  changes = 0;
  /** How often a job has told something. */
  moves = 0;

  /** Call back after each change of what is above, until the signal is aborted. */
  on(told: () => void, signal: AbortSignal): void {
    this.told.add(told);
    signal.addEventListener('abort', () => this.told.delete(told));
  }

  /** Look now. */
  async look(): Promise<void> {
    if (this.looking) {
      return;
    }
    this.looking = true;
    const before = this.mark();
    try {
      const found = await this.get<IServerStatus>('status', {}, this.signal);
      if (this.seen) {
        this.changes += found.revision === this.seen.revision ? 0 : 1;
        this.moves += found.jobs_revision === this.seen.jobs_revision ? 0 : 1;
      }
      this.seen = found;
      this.status = 'live';
      this.user = found.user;
      this.workspace = found.workspace ?? { id: '', name: '' };
    } catch {
      this.status = 'offline';
    } finally {
      this.looking = false;
    }
    if (before !== this.mark() && !this.signal.aborted) {
      [...this.told].forEach(told => told());
    }
  }

  private mark(): string {
    const { status, changes, moves, workspace } = this;
    return JSON.stringify([status, changes, moves, workspace]);
  }

  private seen?: IServerStatus;
  private looking = false;
  private readonly told = new Set<() => void>();
}
