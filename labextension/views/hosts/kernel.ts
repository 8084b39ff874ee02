/** The way to a notebook's kernel: custom messages of the widget, each question with an id. */
import { HostError, type IAnswer, type IAskOptions, type Json } from '../host';
import { asking } from './asking';

/** The part of a widget's model that is used here. */
export interface IModel {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  save_changes(): void;
  on(name: string, call: (...given: never[]) => void): void;
  off(name: string, call: (...given: never[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: unknown[]): void;
  widget_manager?: {
    get_model?: (id: string) => Promise<{ comm_live?: boolean }>;
  };
}

interface ITold {
  kind: 'answer' | 'error' | 'changed';
  id?: string;
  json?: Json;
  error?: string;
  status?: number;
  detail?: string;
}

interface IPending {
  resolve: (answer: IAnswer) => void;
  reject: (error: Error) => void;
}

export class KernelLine {
  constructor(
    private readonly model: IModel,
    private readonly signal: AbortSignal
  ) {
    const hear = (told: ITold, buffers: DataView[]) => this.hear(told, buffers);
    const look = () => void this.look();
    model.on('msg:custom', hear as (...given: never[]) => void);
    model.on('comm_live_update', look);
    signal.addEventListener('abort', () => {
      model.off('msg:custom', hear as (...given: never[]) => void);
      model.off('comm_live_update', look);
      this.drop(new HostError('the panel was closed', 499));
    });
  }

  /** Whether the kernel that made the widget still lives. */
  live = true;
  /** Called when {@link live} has changed. */
  turned: () => void = () => {};
  /** Called when the kernel says that something changed. */
  changed: () => void = () => {};

  /** Find out whether the widget is still tied to its kernel. */
  async look(): Promise<void> {
    let live = true;
    try {
      const id = String(this.model.get('me'));
      const real = await this.model.widget_manager?.get_model?.(id);
      live = real?.comm_live !== false;
    } catch {
      // A front end with a manager of its own: a question will show whether somebody answers.
    }
    if (live !== this.live && !this.signal.aborted) {
      this.live = live;
      if (!live) {
        this.drop(gone());
      }
      this.turned();
    }
  }

  ask<T = Json>(
    view: string,
    subject: string,
    method: string,
    payload: { [key: string]: Json },
    options: IAskOptions
  ): Promise<IAnswer<T>> {
    return asking(options, signal => {
      if (!this.live) {
        throw gone();
      }
      const id = `${this.prefix}-${++this.count}`;
      return new Promise((resolve, reject) => {
        this.pending.set(id, {
          resolve: resolve as (answer: IAnswer) => void,
          reject
        });
        signal.addEventListener('abort', () => {
          if (this.pending.delete(id)) {
            this.model.send({ kind: 'withdraw', id });
          }
        });
        this.model.send({ kind: 'ask', id, view, subject, method, payload });
      });
    });
  }

  private hear(told: ITold, buffers: DataView[]): void {
    if (told.kind === 'changed') {
      this.changed();
      return;
    }
    const waiting = this.pending.get(told.id ?? '');
    if (!waiting) {
      return;
    }
    this.pending.delete(told.id ?? '');
    if (told.kind === 'error') {
      const { error = '', status = 500, detail = '' } = told;
      waiting.reject(new HostError(error, status, detail));
    } else {
      waiting.resolve({
        json: told.json ?? null,
        buffers: (buffers ?? []).map(bytes)
      });
    }
  }

  private drop(error: HostError): void {
    for (const waiting of this.pending.values()) {
      waiting.reject(error);
    }
    this.pending.clear();
  }

  private readonly prefix = Math.random().toString(36).slice(2);
  private readonly pending = new Map<string, IPending>();
  private count = 0;
}

function gone(): HostError {
  return new HostError(
    'the kernel that made this panel has ended: run its cell again',
    503
  );
}

/** Give a buffer of its own; a front end may hand over a window on a whole message. */
function bytes(part: DataView | ArrayBuffer): ArrayBuffer {
  if (part instanceof ArrayBuffer) {
    return part;
  }
  const { buffer, byteOffset, byteLength } = part;
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
