import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';
import { workbenchIcon } from './icons';
import { CommandIDs, IWorkbench } from './tokens';
import type { IShown } from './viewhost';
import { ViewPanel } from './viewpanel';

/** What the server says of how to show a reference. */
interface IOpening extends IShown {
  title: string;
}

type Shown = MainAreaWidget<ViewPanel>;

/** Opens the panels in the main area, and again after a reload. */
export const panels: JupyterFrontEndPlugin<void> = {
  id: 'llmops-workbench:panels',
  description: 'Opens the panels of LLMOps Workbench in the main area.',
  autoStart: true,
  requires: [IWorkbench],
  optional: [ILayoutRestorer, IStateDB, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    workbench: IWorkbench,
    restorer: ILayoutRestorer | null,
    kept: IStateDB | null,
    labShell: ILabShell | null
  ) => {
    const { client, trans } = workbench;
    const tracker = new WidgetTracker<Shown>({ namespace: 'llmops-workbench' });

    /** Find out how to show something; a restored panel knows. */
    const opening = async (args: IGiven): Promise<IOpening> => {
      const { ref = '', view, title, subject } = args;
      if (view && title) {
        return { view, subject: subject ?? ref, title };
      }
      const found: IOpening = ref
        ? await client.get<IOpening>('opening', { ref })
        : { view: view ?? '', subject: '', title: '' };
      if (view && view !== found.view) {
        return { ...found, view, title: found.title || view };
      }
      return found;
    };

    app.commands.addCommand(CommandIDs.open, {
      label: trans.__('Open'),
      caption: trans.__('Open the panel of what a reference names'),
      describedBy: { args: ARGUMENTS },
      execute: async given => {
        const { view, subject, title } = await opening(given as IGiven);
        const id = `llmops-workbench-panel-${view}-${subject}`;
        const known = tracker.find(panel => panel.id === id);
        const panel = known ?? make(workbench, kept, { view, subject, title });
        if (!known) {
          panel.id = id;
          // The main area of Notebook holds one document and nothing beside it.
          app.shell.add(panel, labShell ? 'main' : 'right', {
            mode: 'tab-after',
            type: 'LLMOps Workbench'
          });
          await tracker.add(panel);
        }
        app.shell.activateById(panel.id);
        return null;
      }
    });

    void restorer?.restore(tracker, {
      command: CommandIDs.open,
      name: panel => panel.id,
      args: panel => ({
        ref: panel.content.shown.subject,
        subject: panel.content.shown.subject,
        view: panel.content.shown.view,
        title: panel.title.label
      })
    });
  }
};

/** What may be given to the command that opens a panel. */
interface IGiven {
  ref?: string;
  view?: string;
  subject?: string;
  title?: string;
}

const ARGUMENTS = {
  type: 'object',
  properties: {
    ref: {
      type: 'string',
      description: 'What to show, such as dataset:reviews@3; empty for all.'
    },
    view: {
      type: 'string',
      description: 'Which panel, when it is not the usual one of the kind.'
    },
    subject: {
      type: 'string',
      description: 'The pinned reference, when it is known already.'
    },
    title: { type: 'string', description: 'The title of the tab.' }
  }
} as const;

function make(
  workbench: IWorkbench,
  kept: IStateDB | null,
  { view, subject, title }: IOpening
): Shown {
  const content = new ViewPanel(workbench, kept, { view, subject });
  const panel = new MainAreaWidget({ content });
  // A panel brings its own header.
  panel.toolbar.hide();
  panel.title.label = title;
  panel.title.caption = subject || title;
  panel.title.icon = workbenchIcon;
  panel.title.closable = true;
  return panel;
}
