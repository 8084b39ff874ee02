import { Token } from '@lumino/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { HostMethods } from '../views/hosts/rest';
import type { Changes } from './changes';
import type { Client } from './client';
import type { Messages } from './messages';
import type { Settings } from './settings';

/** The line to the server, and what every part of the extension stands on. */
export interface IWorkbench {
  readonly client: Client;
  readonly changes: Changes;
  readonly messages: Messages;
  readonly settings: Settings;
  readonly trans: TranslationBundle;
  /** What JupyterLab does for a panel, by the name of the method. */
  readonly hostMethods: HostMethods;
  /** Which of the methods work here, now that all plugins are there. */
  can(): string[];
}

export const IWorkbench = new Token<IWorkbench>(
  'llmops-workbench:IWorkbench',
  'The line to the LLMOps Workbench server: asks it, and tells when something has changed.'
);

/** The commands that the parts of the extension call each other by. */
export const CommandIDs = {
  /** Open the panel of a reference: `{ref, view?}`. */
  open: 'llmops-workbench:open',
  /** Open the form of an operation: `{operation, arguments}`. */
  form: 'llmops-workbench:new',
  /** Choose an operation, then open its form. */
  runOperation: 'llmops-workbench:run-operation',
  stopJob: 'llmops-workbench:stop-job',
  pauseJob: 'llmops-workbench:pause-job',
  resumeJob: 'llmops-workbench:resume-job',
  /** Put code into a cell: `{code}`. */
  insertCode: 'llmops-workbench:insert-code',
  /** Copy code: `{code}`. */
  copyCode: 'llmops-workbench:copy-code',
  refresh: 'llmops-workbench:refresh',
  focusSearch: 'llmops-workbench:focus-search',
  /** Show the sidebar, with a section open: `{section?}`. */
  show: 'llmops-workbench:show',
  /** Take a version or a run out of the lists: `{ref}`. */
  remove: 'llmops-workbench:remove'
} as const;
