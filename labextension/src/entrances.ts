import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { workbenchIcon } from './icons';
import { CommandIDs, IWorkbench } from './tokens';

/** What the palette offers; the sidebar and the menus have the rest. */
const IN_PALETTE = [
  CommandIDs.show,
  CommandIDs.focusSearch,
  CommandIDs.runOperation,
  CommandIDs.refresh
];
/** The card of the launcher. */
const LAUNCH = 'llmops-workbench:launch';

/** The ways in: the launcher's card and the command palette. */
export const entrances: JupyterFrontEndPlugin<void> = {
  id: 'llmops-workbench:entrances',
  description: 'Adds a card to the launcher and commands to the palette.',
  autoStart: true,
  requires: [IWorkbench],
  optional: [ILauncher, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    workbench: IWorkbench,
    launcher: ILauncher | null,
    palette: ICommandPalette | null
  ) => {
    const { trans } = workbench;
    const category = trans.__('LLMOps');
    app.commands.addCommand(LAUNCH, {
      label: trans.__('LLMOps Workbench'),
      caption: trans.__(
        'From raw text to a served model: data, prompts, models, runs and labels'
      ),
      icon: workbenchIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.commands.execute(CommandIDs.show)
    });
    launcher?.add({ command: LAUNCH, category: trans.__('Other'), rank: 1 });
    for (const command of IN_PALETTE) {
      palette?.addItem({ command, category });
    }
  }
};
