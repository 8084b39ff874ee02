import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { bridge } from './bridge';
import { cells } from './cells';
import { jobCommands } from './jobcommands';
import { panels } from './panels';
import { sidebar } from './sidebar/plugin';
import { workbench } from './workbench';

export { CommandIDs, IWorkbench } from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  workbench,
  bridge,
  cells,
  jobCommands,
  panels,
  sidebar
];

export default plugins;
