import type { IWorkbench } from '../tokens';
import { time } from '../../views/kit/format';
import { margin, plainName, written, type IEntry } from './entry';

/** Milliseconds for which somebody points at a line before its card shows. */
const PATIENCE = 500;
/** Pixels between a line and its card. */
const GAP = 6;

/** The card of the entry that is pointed at: all that its line has no room for. */
export class Card {
  constructor(private readonly workbench: IWorkbench) {}

  /** Somebody points at a line. */
  point(entry: IEntry, line: DOMRect): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(
      () => this.show(entry, line),
      this.node ? 0 : PATIENCE
    );
  }

  /** Nobody points at it any more; a neighbour's card may follow at once. */
  leave(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.hide(), 100);
  }

  hide(): void {
    window.clearTimeout(this.timer);
    this.node?.remove();
    this.node = undefined;
  }

  dispose(): void {
    this.hide();
  }

  private show(entry: IEntry, line: DOMRect): void {
    this.hide();
    const node = document.createElement('div');
    node.className = 'jp-LlmopsWorkbench-card';
    node.append(this.title(entry), this.facts(entry));
    document.body.append(node);
    const { width, height } = node.getBoundingClientRect();
    const most = window.innerWidth - width - GAP;
    node.style.left = `${Math.max(0, Math.min(line.right + GAP, most))}px`;
    const top = Math.min(line.top, window.innerHeight - height - GAP);
    node.style.top = `${Math.max(0, top)}px`;
    this.node = node;
  }

  private title(entry: IEntry): HTMLElement {
    const title = document.createElement('bdi');
    title.className = 'jp-LlmopsWorkbench-cardTitle';
    title.textContent = plainName(entry);
    return title;
  }

  private facts(entry: IEntry): HTMLElement {
    const { messages, trans } = this.workbench;
    const list = document.createElement('dl');
    const add = (label: string, value: string) => {
      const term = document.createElement('dt');
      term.textContent = label;
      const text = document.createElement('dd');
      text.dir = 'auto';
      text.textContent = value;
      list.append(term, text);
    };
    add(trans.__('Reference'), entry.ref);
    if (entry.state) {
      add(trans.__('State'), messages.say(entry.state));
    }
    if (entry.detail) {
      add(trans.__('From'), entry.detail);
    }
    for (const { alias, version } of entry.aliases ?? []) {
      add(`@${alias}`, trans.__('version %1', version));
    }
    for (const figure of [...entry.figures, ...(entry.more ?? [])]) {
      const around = margin(figure);
      const value = written(figure, messages.locale);
      add(messages.say(figure.label), around ? `${value} ${around}` : value);
    }
    for (const [name, value] of Object.entries(entry.tags ?? {})) {
      add(name, String(value));
    }
    const { locale } = messages;
    add(trans.__('Created'), time(entry.created, { locale, full: true }));
    return list;
  }

  private node?: HTMLElement;
  private timer = 0;
}
