import * as React from 'react';
import { ENABLE, absentHint } from '../absent';
import { CommandIDs, type IWorkbench } from '../tokens';
import type { SidebarActions } from './actions';

/** What stands in place of the sections while there is no workspace, or no server. */
export function Standing({
  actions
}: {
  actions: SidebarActions;
}): JSX.Element | null {
  const { workbench } = actions;
  const { trans, changes } = workbench;
  if (changes.link === 'absent') {
    return (
      <div className="jp-LlmopsWorkbench-standing" role="alert">
        <p>{absentHint(trans)}</p>
        <code>{ENABLE}</code>
        <button
          type="button"
          className="jp-mod-styled jp-mod-minimal"
          onClick={() => actions.run(CommandIDs.copyCode, { code: ENABLE })}
        >
          {trans.__('Copy the command')}
        </button>
      </div>
    );
  }
  if (!changes.standing) {
    return changes.link === 'offline' ? (
      <div className="jp-LlmopsWorkbench-standing" role="alert">
        <p>{changes.problem}</p>
        <Again workbench={workbench} />
      </div>
    ) : null;
  }
  return changes.workspace ? null : <NoWorkspace workbench={workbench} />;
}

function Again({ workbench }: { workbench: IWorkbench }): JSX.Element {
  return (
    <button
      type="button"
      className="jp-mod-styled jp-mod-minimal"
      onClick={() => void workbench.changes.refresh()}
    >
      {workbench.trans.__('Try again')}
    </button>
  );
}

function NoWorkspace({ workbench }: { workbench: IWorkbench }): JSX.Element {
  const { trans, changes, client } = workbench;
  const [folder, name] = React.useState('');
  const [problem, say] = React.useState(changes.standing?.problem ?? '');
  const [busy, wait] = React.useState(false);
  const make = async () => {
    wait(true);
    try {
      await client.post('workspace', { folder: folder.trim() || '.' });
      await changes.refresh();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
    wait(false);
  };
  return (
    <form
      className="jp-LlmopsWorkbench-standing"
      onSubmit={event => {
        event.preventDefault();
        void make();
      }}
    >
      <p>
        {trans.__(
          'A workspace is a folder that keeps data, prompts, models, runs and labels together, and can be moved or copied.'
        )}
      </p>
      <label>
        {trans.__('Folder')}
        <input
          type="text"
          className="jp-mod-styled"
          value={folder}
          placeholder={trans.__('the folder that JupyterLab shows')}
          onChange={event => name(event.target.value)}
        />
      </label>
      {problem && <p role="alert">{problem}</p>}
      <button
        type="submit"
        className="jp-mod-styled jp-mod-accept"
        disabled={busy}
      >
        {trans.__('Make a workspace')}
      </button>
    </form>
  );
}
