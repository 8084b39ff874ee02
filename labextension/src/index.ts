import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { bridge } from './bridge';
import { cells } from './cells';
import { entrances } from './entrances';
import { jobCommands } from './jobcommands';
import { panels } from './panels';
import { sidebar } from './sidebar/plugin';
import { statusBar } from './statusbar';
import { workbench } from './workbench';

export { CommandIDs, IWorkbench } from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  workbench,
  bridge,
  cells,
  entrances,
  jobCommands,
  panels,
  sidebar,
  statusBar
];

export default plugins;
