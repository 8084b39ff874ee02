import type { Event } from '@jupyterlab/services';
import { PromiseDelegate } from '@lumino/coreutils';
import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { HostError, type Status } from '../views/host';
import type { Client } from './client';

/** Which event says that something has changed. */
const SCHEMA = 'https://llmops-workbench/changed/v1';
/** Milliseconds between two looks while the server is away, or its events do not come through. */
const SOON = 1500;
/** Milliseconds in which several events count as one. */
const SETTLE = 100;

/** Milliseconds after which a server that is silent counts as away. */
const PATIENCE = 10_000;

/** A workspace as the server names it. */
export interface IWorkspace {
  id: string;
  name: string;
  /** Seen from the server's root. */
  root: string;
}

/** What the server says of itself. */
export interface IStanding {
  version: string;
  workspace: IWorkspace | null;
  /** Why there is no workspace, when one was configured; empty otherwise. */
  problem: string;
  user: string;
  revision: number;
  jobs_revision: number;
  running: number;
}

/** `absent`: there is a server, but not this extension of it. */
export type Link = Status | 'absent';

/**
 * Knows whether the server is there and when something in the workspace has changed.
 *
 * An event of the server says so at once. A poll is the net below it: it finds out when the server
 * comes and goes, and looks more often when it finds a change of which no event has told.
 */
export class Changes {
  constructor(
    private readonly client: Client,
    private readonly events: Event.IManager,
    seconds: number
  ) {
    this.slow = seconds * 1000;
    this.poll = new Poll({
      name: 'llmops-workbench:changes',
      factory: () => this.refresh(),
      frequency: { interval: this.slow, backoff: false, max: this.slow },
      standby: 'when-hidden'
    });
    this.events.stream.connect(this.onEvent, this);
    document.addEventListener('visibilitychange', this.onVisible);
  }

  /** Something in the store has changed: ask again. Carries how often that has happened. */
  get changed(): ISignal<this, number> {
    return this._changed;
  }

  /** A job has told how far it is, and nothing else may have changed. */
  get jobsMoved(): ISignal<this, void> {
    return this._jobsMoved;
  }

  /** The link or what the server says of itself has changed. */
  get standingChanged(): ISignal<this, void> {
    return this._standingChanged;
  }

  /** Settles when the server has answered, or failed to, for the first time. */
  get ready(): Promise<void> {
    return this.first.promise;
  }

  link: Link = 'live';
  /** Why the link is not live. */
  problem = '';
  standing: IStanding | null = null;
  /** How often something has changed since the page was loaded. */
  count = 0;

  get workspace(): IWorkspace | null {
    return this.standing?.workspace ?? null;
  }

  /** How many seconds may pass between two looks when all is well. */
  set seconds(seconds: number) {
    this.slow = Math.max(2, seconds) * 1000;
    this.pace();
  }

  /** Look now; whoever asks meanwhile gets the same look. */
  refresh(): Promise<void> {
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
      this.first.resolve();
    });
    return this.looking;
  }

  dispose(): void {
    document.removeEventListener('visibilitychange', this.onVisible);
    window.clearTimeout(this.settling);
    this.poll.dispose();
    Signal.clearData(this);
  }

  private async look(): Promise<void> {
    const before = this.standing;
    const known = this.link;
    try {
      const patience = AbortSignal.timeout(PATIENCE);
      const now = await this.client.get<IStanding>('status', {}, patience);
      this.standing = now;
      this.link = 'live';
      this.problem = '';
      const news = before ? stamp(before) !== stamp(now) : false;
      const moved =
        news || (!!before && before.jobs_revision !== now.jobs_revision);
      if (moved) {
        this.deaf = !this.told;
      }
      if (known !== 'live' || (news && !this.told)) {
        this.rise();
      } else if (moved && !this.told) {
        this._jobsMoved.emit();
      }
      this.told = false;
    } catch (error) {
      const status = error instanceof HostError ? error.status : 0;
      this.link = status === 404 ? 'absent' : 'offline';
      this.problem = error instanceof Error ? error.message : String(error);
      // After a while away, the events' connection needs longer than the poll to come back.
      this.deaf = true;
    }
    if (known !== this.link || !same(before, this.standing)) {
      this._standingChanged.emit();
    }
    this.pace();
  }

  private onEvent(_: Event.IManager, event: Event.Emission): void {
    if (event.schema_id !== SCHEMA) {
      return;
    }
    this.told = true;
    this.deaf = false;
    this.news ||= event.revision !== this.heard;
    this.heard = event.revision;
    this.settling ||= window.setTimeout(() => {
      this.settling = 0;
      if (this.news) {
        this.news = false;
        this.rise();
      } else {
        this._jobsMoved.emit();
      }
      void this.refresh();
    }, SETTLE);
  }

  private rise(): void {
    this.count += 1;
    this._changed.emit(this.count);
  }

  private pace(): void {
    const away = this.link === 'offline' || (this.link === 'live' && this.deaf);
    const interval = away ? Math.min(SOON, this.slow) : this.slow;
    if (this.poll.frequency.interval !== interval) {
      this.poll.frequency = {
        interval,
        backoff: false,
        max: Math.max(interval, this.slow)
      };
    }
  }

  private readonly onVisible = () => {
    if (!document.hidden) {
      void this.refresh();
    }
  };

  private readonly poll: Poll;
  private readonly first = new PromiseDelegate<void>();
  private looking?: Promise<void>;
  private slow: number;
  private settling = 0;
  /** The store's revision as the last event told it. */
  private heard: unknown;
  /** Whether an event that has not settled yet told of the store. */
  private news = false;
  /** Whether an event has come since the last look. */
  private told = false;
  /** Whether a look found something that no event had told. */
  private deaf = false;
  private readonly _changed = new Signal<this, number>(this);
  private readonly _jobsMoved = new Signal<this, void>(this);
  private readonly _standingChanged = new Signal<this, void>(this);
}

/** What stands for the content of a workspace. */
function stamp(standing: IStanding): string {
  return `${standing.workspace?.id ?? ''} ${standing.revision}`;
}

function same(one: IStanding | null, other: IStanding | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
