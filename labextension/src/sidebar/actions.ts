import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { CommandIDs, type IWorkbench } from '../tokens';
import { Card } from './card';
import { Choices } from './choices';
import type { IEntry } from './entry';
import type { SidebarModel } from './model';
import { Spot } from './spot';

/** An operation that begins with a thing of a kind. */
interface IFitting {
  operation: string;
  label: string;
  summary: string;
  parameter: string;
  many: boolean;
}

/** What a click, a key or a choice in the sidebar does. */
export class SidebarActions {
  constructor(
    readonly model: SidebarModel,
    private readonly commands: CommandRegistry
  ) {
    this.workbench = model.workbench;
    this.card = new Card(this.workbench);
  }

  readonly workbench: IWorkbench;
  readonly card: Card;
  readonly tree = new Spot();
  readonly search = new Spot();

  open(entry: IEntry): void {
    this.card.hide();
    this.run(CommandIDs.open, { ref: entry.ref });
  }

  stop(entry: IEntry): void {
    this.run(CommandIDs.stopJob, { job: entry.job });
  }

  /** Open the form of an operation. */
  begin(operation: string, given: ReadonlyPartialJSONObject = {}): void {
    this.run(CommandIDs.form, { operation, arguments: given });
  }

  run(command: string, given: ReadonlyPartialJSONObject = {}): void {
    this.commands.execute(command, given).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      Notification.error(text, { autoClose: 8000 });
    });
  }

  /** Show what can be done with a thing. */
  async menu(entry: IEntry, x: number, y: number): Promise<void> {
    this.card.hide();
    const { trans } = this.workbench;
    const choices = new Choices();
    choices.add(trans.__('Open'), () => this.open(entry));
    this.addJob(choices, entry);
    if (entry.kind !== 'job') {
      choices.separate();
      this.addFitting(choices, entry, await this.fitting(entry.kind));
      choices.separate();
      choices.add(trans.__('Copy reference'), () =>
        Clipboard.copyToSystem(entry.ref)
      );
      if (this.commands.hasCommand(CommandIDs.insertCode)) {
        choices.add(trans.__('Put reference into a cell'), () =>
          this.run(CommandIDs.insertCode, { code: entry.ref })
        );
      }
      choices.separate();
      choices.add(trans.__('Remove…'), () =>
        this.run(CommandIDs.remove, { ref: entry.ref })
      );
    }
    choices.show(x, y, () => this.tree.focus());
  }

  /** Show what can be begun. */
  offer(x: number, y: number, closed: () => void): void {
    const { messages, trans } = this.workbench;
    const choices = new Choices();
    const works = this.commands.hasCommand(CommandIDs.form);
    for (const { operation, label } of this.model.offers) {
      choices.add(messages.say(label), () => this.begin(operation), { works });
    }
    if (this.commands.hasCommand(CommandIDs.runOperation)) {
      choices.separate();
      choices.add(trans.__('All operations…'), () =>
        this.run(CommandIDs.runOperation)
      );
    }
    choices.show(x, y, closed);
  }

  dispose(): void {
    this.card.dispose();
  }

  private addJob(choices: Choices, entry: IEntry): void {
    if (!entry.job) {
      return;
    }
    const { trans } = this.workbench;
    const job = { job: entry.job };
    choices.separate();
    if (entry.state === 'paused' || entry.state === 'interrupted') {
      choices.add(trans.__('Resume'), () =>
        this.run(CommandIDs.resumeJob, job)
      );
    } else {
      if (entry.kind === 'job') {
        choices.add(trans.__('Pause'), () =>
          this.run(CommandIDs.pauseJob, job)
        );
      }
      choices.add(trans.__('Stop and save'), () =>
        this.run(CommandIDs.stopJob, job)
      );
    }
  }

  private addFitting(
    choices: Choices,
    entry: IEntry,
    fitting: IFitting[]
  ): void {
    const { messages } = this.workbench;
    const works = this.commands.hasCommand(CommandIDs.form);
    for (const { operation, label, summary, parameter, many } of fitting) {
      const given = { [parameter]: many ? [entry.ref] : entry.ref };
      choices.add(
        `${messages.say(label)}…`,
        () => this.begin(operation, given),
        { works, caption: messages.say(summary) }
      );
    }
  }

  private fitting(kind: string): Promise<IFitting[]> {
    let asked = this.asked.get(kind);
    if (!asked) {
      asked = this.workbench.client
        .get<IFitting[]>('fitting', { kind })
        .catch(() => {
          this.asked.delete(kind);
          return [];
        });
      this.asked.set(kind, asked);
    }
    return asked;
  }

  private readonly asked = new Map<string, Promise<IFitting[]>>();
}
