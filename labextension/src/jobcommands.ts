import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { part } from './client';
import { CommandIDs, IWorkbench } from './tokens';

const JOB = {
  type: 'object',
  properties: { job: { type: 'string', description: 'The id of the job.' } },
  required: ['job']
} as const;

const REF = {
  type: 'object',
  properties: {
    ref: { type: 'string', description: 'A pinned version, or a run.' }
  },
  required: ['ref']
} as const;

/** Stops, pauses and resumes jobs, and takes things out of the lists. */
export const jobCommands: JupyterFrontEndPlugin<void> = {
  id: 'llmops-workbench:job-commands',
  description: 'Stops, pauses and resumes jobs, and removes versions and runs.',
  autoStart: true,
  requires: [IWorkbench],
  activate: (app: JupyterFrontEnd, workbench: IWorkbench) => {
    const { client, changes, trans } = workbench;
    const { commands } = app;

    /** Say what went wrong where everybody sees it, and go on. */
    const attempt = async (deed: Promise<unknown>) => {
      try {
        await deed;
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        Notification.error(text, { autoClose: 8000 });
      }
      await changes.refresh();
    };
    const act = (action: string) => (args: { job?: unknown }) =>
      attempt(client.post(`jobs/${part(String(args.job))}`, { action }));

    commands.addCommand(CommandIDs.stopJob, {
      label: trans.__('Stop and save'),
      caption: trans.__('Let the job write a checkpoint and end'),
      describedBy: { args: JOB },
      execute: act('cancel')
    });
    commands.addCommand(CommandIDs.pauseJob, {
      label: trans.__('Pause'),
      caption: trans.__('Let the job write a checkpoint and go on later'),
      describedBy: { args: JOB },
      execute: act('pause')
    });
    commands.addCommand(CommandIDs.resumeJob, {
      label: trans.__('Resume'),
      caption: trans.__('Go on from the last checkpoint'),
      describedBy: { args: JOB },
      execute: act('resume')
    });
    commands.addCommand(CommandIDs.remove, {
      label: trans.__('Remove…'),
      caption: trans.__('Take it out of the lists; its number is never reused'),
      describedBy: { args: REF },
      execute: async args => {
        const ref = String(args.ref);
        const answer = await showDialog({
          title: trans.__('Remove %1?', ref),
          body: trans.__(
            'It leaves the lists. What was made from it still knows where it came from.'
          ),
          buttons: [
            Dialog.cancelButton(),
            Dialog.warnButton({ label: trans.__('Remove') })
          ]
        });
        if (answer.button.accept) {
          await attempt(client.remove(`items/${part(ref)}`));
        }
      }
    });
    commands.addCommand(CommandIDs.refresh, {
      label: trans.__('Refresh'),
      caption: trans.__('Look at the workspace again, now'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => changes.refresh()
    });
  }
};
