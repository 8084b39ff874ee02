import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard } from '@jupyterlab/apputils';
import {
  INotebookTracker,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import { CommandIDs, IWorkbench } from './tokens';

const ARGUMENTS = {
  type: 'object',
  properties: {
    code: { type: 'string', description: 'The code, such as a line magic.' }
  },
  required: ['code']
} as const;

/** Puts code that a panel offers into a notebook, or onto the clipboard. */
export const cells: JupyterFrontEndPlugin<void> = {
  id: 'llmops-workbench:cells',
  description: 'Puts code from the panels into a cell, or onto the clipboard.',
  autoStart: true,
  requires: [IWorkbench],
  optional: [INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    workbench: IWorkbench,
    notebooks: INotebookTracker | null
  ) => {
    const { trans } = workbench;
    app.commands.addCommand(CommandIDs.copyCode, {
      label: trans.__('Copy code'),
      describedBy: { args: ARGUMENTS },
      execute: args => {
        Clipboard.copyToSystem(String(args.code ?? ''));
      }
    });
    if (!notebooks) {
      return;
    }
    app.commands.addCommand(CommandIDs.insertCode, {
      label: trans.__('Put into a cell'),
      caption: trans.__(
        'Put the code into a new cell of the notebook that was used last'
      ),
      describedBy: { args: ARGUMENTS },
      execute: async args => {
        const open = notebooks.currentWidget;
        const panel = open ?? (await createNotebook(app));
        if (panel) {
          await panel.context.ready;
          insert(panel, String(args.code ?? ''));
          app.shell.activateById(panel.id);
        }
      }
    });
  }
};

async function createNotebook(
  app: JupyterFrontEnd
): Promise<NotebookPanel | null> {
  const made: unknown = await app.commands.execute('notebook:create-new', {
    activate: true
  });
  return (made as NotebookPanel | undefined) ?? null;
}

/** Put code into the active cell when that is an empty code cell, else into a new one below it. */
function insert(panel: NotebookPanel, code: string): void {
  const notebook = panel.content;
  const active = notebook.activeCell;
  const empty =
    active?.model.type === 'code' && !active.model.sharedModel.source.trim();
  if (!empty) {
    NotebookActions.insertBelow(notebook);
  }
  notebook.activeCell?.model.sharedModel.setSource(code);
  notebook.mode = 'edit';
  void notebook.scrollToItem(notebook.activeCellIndex);
}
