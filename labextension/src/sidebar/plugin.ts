import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStateDB } from '@jupyterlab/statedb';
import { workbenchIcon } from '../icons';
import { CommandIDs, IWorkbench } from '../tokens';
import { SidebarModel } from './model';
import { SIDEBAR_ID, SidebarWidget } from './widget';

const SECTION = {
  type: 'object',
  properties: {
    section: { type: 'string', description: 'The section to open, by its id.' }
  }
} as const;

/** The sidebar on the left. */
export const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'llmops-workbench:sidebar',
  description:
    'Shows what is in the workspace, and what is running, on the left.',
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
    const { trans } = workbench;
    const widget = new SidebarWidget(
      new SidebarModel(workbench, kept),
      app.commands
    );
    widget.title.icon = workbenchIcon;
    widget.title.caption = trans.__('LLMOps');
    widget.node.setAttribute('role', 'region');
    widget.node.setAttribute('aria-label', trans.__('LLMOps'));
    app.shell.add(widget, 'left', { rank: 150, type: 'LLMOps Workbench' });
    restorer?.add(widget, SIDEBAR_ID);

    app.commands.addCommand(CommandIDs.show, {
      label: trans.__('Show the LLMOps sidebar'),
      describedBy: { args: SECTION },
      execute: args => {
        labShell?.expandLeft();
        app.shell.activateById(SIDEBAR_ID);
        if (args.section) {
          widget.model.toggle(String(args.section), true);
          widget.model.go({ section: String(args.section), index: -1 });
        }
      }
    });
    app.commands.addCommand(CommandIDs.focusSearch, {
      label: trans.__('Search everything in LLMOps'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        labShell?.expandLeft();
        widget.focusSearch();
        app.shell.activateById(SIDEBAR_ID);
      }
    });
  }
};
