import type { IStateDB } from '@jupyterlab/statedb';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { HostError, type IKit } from '../views/host';
import { mountView } from '../views/hosts/mounting';
import { absentHint } from './absent';
import type { IWorkbench } from './tokens';
import { makeHost, type IShown } from './viewhost';

/** Shows one view, and mounts it anew when the server comes back after it could not be. */
export class ViewPanel extends Widget {
  constructor(
    private readonly workbench: IWorkbench,
    private readonly kept: IStateDB | null,
    readonly shown: IShown
  ) {
    super();
    this.addClass('jp-LlmopsWorkbench-view');
    this.node.dataset.view = shown.view;
    this.node.tabIndex = -1;
    void this.mount();
    workbench.changes.standingChanged.connect(this.onStanding, this);
  }

  dispose(): void {
    this.control.abort();
    this.workbench.changes.standingChanged.disconnect(this.onStanding, this);
    super.dispose();
  }

  protected onActivateRequest(_: Message): void {
    const first = this.node.querySelector<HTMLElement>('[data-first-focus]');
    (first ?? this.node).focus({ preventScroll: true });
  }

  private async mount(): Promise<void> {
    const { client } = this.workbench;
    this.control.abort();
    const control = (this.control = new AbortController());
    const root = document.createElement('div');
    root.className = 'llmops-panel';
    root.dataset.view = this.shown.view;
    this.failed = false;
    try {
      const [host, module] = await Promise.all([
        makeHost(this.workbench, this.kept, this.shown, control.signal),
        client.load(this.shown.view)
      ]);
      this.node.replaceChildren(root);
      await mountView({
        root,
        host,
        signal: control.signal,
        load: async () => module,
        loadKit: async () => (await client.load('kit')) as unknown as IKit
      });
    } catch (error) {
      if (!control.signal.aborted) {
        this.failed = true;
        this.say(error);
      }
    }
  }

  private say(error: unknown): void {
    const { trans, changes } = this.workbench;
    const told = error instanceof Error ? error.message : String(error);
    const text = changes.link === 'absent' ? absentHint(trans) : told;
    const box = document.createElement('div');
    box.className = 'jp-LlmopsWorkbench-problem';
    box.setAttribute('role', 'alert');
    const line = document.createElement('p');
    line.textContent = text;
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'jp-mod-styled jp-mod-accept';
    again.textContent = trans.__('Try again');
    again.addEventListener('click', () => void this.mount());
    box.append(line, again);
    if (error instanceof HostError && error.detail) {
      const detail = document.createElement('pre');
      detail.textContent = error.detail;
      box.append(detail);
    }
    this.node.replaceChildren(box);
  }

  private onStanding(): void {
    if (this.failed && this.workbench.changes.link === 'live') {
      void this.mount();
    }
  }

  private control = new AbortController();
  private failed = false;
}
