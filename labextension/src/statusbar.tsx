import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { percent, seconds } from '../views/kit/format';
import { workbenchIcon } from './icons';
import { share, type IEntry } from './sidebar/entry';
import { CommandIDs, IWorkbench } from './tokens';

/** How many jobs the item looks at to say how far they are. */
const LOOKED_AT = 20;

/** Says in the status bar what is running, and how far it is. */
export const statusBar: JupyterFrontEndPlugin<void> = {
  id: 'llmops-workbench:status-bar',
  description: 'Shows running jobs and how far they are in the status bar.',
  autoStart: true,
  requires: [IWorkbench],
  optional: [IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    workbench: IWorkbench,
    bar: IStatusBar | null
  ) => {
    if (bar) {
      const item = new RunningItem(workbench, app.commands);
      bar.registerStatusItem('llmops-workbench:running', {
        item,
        align: 'left',
        rank: 60,
        isActive: () => item.jobs.length > 0,
        activeStateChanged: item.activeChanged
      });
    }
  }
};

class RunningItem extends ReactWidget {
  constructor(
    private readonly workbench: IWorkbench,
    private readonly commands: CommandRegistry
  ) {
    super();
    this.addClass('jp-LlmopsWorkbench-statusItem');
    const { changes } = workbench;
    changes.standingChanged.connect(this.look, this);
    changes.jobsMoved.connect(this.look, this);
  }

  jobs: IEntry[] = [];
  readonly activeChanged = new Signal<this, void>(this);

  dispose(): void {
    const { changes } = this.workbench;
    changes.standingChanged.disconnect(this.look, this);
    changes.jobsMoved.disconnect(this.look, this);
    super.dispose();
  }

  protected render(): JSX.Element {
    const { trans } = this.workbench;
    const running = this.workbench.changes.standing?.running ?? 0;
    const [first] = this.jobs;
    const part = first && share(first);
    const eta = first?.progress?.eta;
    const text =
      running === 1 && first
        ? [first.title, part === undefined ? '' : percent(part)].join(' ')
        : trans._n('%1 job', '%1 jobs', running, running);
    const title =
      eta == null
        ? trans.__('Show what is running')
        : trans.__('About %1 left; show what is running', seconds(eta));
    return (
      <button
        type="button"
        title={title}
        onClick={() =>
          void this.commands.execute(CommandIDs.show, { section: 'running' })
        }
      >
        <workbenchIcon.react tag="span" width="16px" height="16px" />
        <span aria-live="off">{text}</span>
        {part !== undefined && (
          <span className="jp-LlmopsWorkbench-bar" aria-hidden="true">
            <span style={{ width: `${100 * part}%` }} />
          </span>
        )}
      </button>
    );
  }

  /** Ask how far the jobs are, one question at a time and only while something runs. */
  private look(): void {
    const { changes, client } = this.workbench;
    if (!changes.standing?.running) {
      this.take([]);
      return;
    }
    if (this.asking) {
      return;
    }
    this.asking = true;
    client
      .get<{ items: IEntry[] }>('sidebar/sections/running', {
        limit: LOOKED_AT
      })
      .then(({ items }) =>
        this.take(
          items.filter(({ state }) => state === 'running' || state === 'queued')
        )
      )
      // The link's own standing tells of it.
      .catch(() => undefined)
      .finally(() => {
        this.asking = false;
      });
  }

  private take(jobs: IEntry[]): void {
    const before = this.jobs.length > 0;
    this.jobs = jobs;
    this.update();
    if (before !== jobs.length > 0) {
      this.activeChanged.emit();
    }
  }

  private asking = false;
}
