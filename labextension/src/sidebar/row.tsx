import { stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { percent, seconds } from '../../views/kit/format';
import {
  margin,
  plainName,
  share,
  written,
  type IEntry,
  type IFigure
} from './entry';
import type { SidebarActions } from './actions';
import { StateMark } from './statemark';

/** What a drag of an entry carries beside its text. */
export const REFERENCE_TYPE = 'application/x-llmops-ref';

/** Figures that a line has room for. */
const MOST_FIGURES = 2;

interface IRowProps {
  id: string;
  section: string;
  entry: IEntry;
  index: number;
  total: number;
  active: boolean;
  actions: SidebarActions;
}

/** One entry: a line of the tree. */
export function Row(props: IRowProps): JSX.Element {
  const { id, section, entry, index, total, active, actions } = props;
  const { messages } = actions.workbench;
  const state = entry.alarm ? 'alarm' : entry.state;
  return (
    <div
      id={id}
      role="treeitem"
      aria-level={2}
      aria-setsize={total}
      aria-posinset={index + 1}
      aria-selected={active}
      aria-label={spoken(entry, actions)}
      className="jp-LlmopsWorkbench-entry"
      data-active={active || undefined}
      data-kind={entry.kind}
      data-ref={entry.ref}
      draggable
      onClick={() => {
        actions.model.go({ section, index });
        actions.open(entry);
      }}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        void actions.menu(entry, event.clientX, event.clientY);
      }}
      onDragStart={event => {
        event.dataTransfer.setData('text/plain', entry.ref);
        event.dataTransfer.setData(REFERENCE_TYPE, entry.ref);
        event.dataTransfer.effectAllowed = 'copy';
        actions.card.hide();
      }}
      onMouseEnter={event =>
        actions.card.point(entry, event.currentTarget.getBoundingClientRect())
      }
      onMouseLeave={() => actions.card.leave()}
    >
      {state && <StateMark state={state} messages={messages} />}
      <bdi className="jp-LlmopsWorkbench-title">{entry.title}</bdi>
      {entry.version !== undefined && (
        <span className="jp-LlmopsWorkbench-version">@{entry.version}</span>
      )}
      {entry.aliases?.map(({ alias, version }) => (
        <bdi className="jp-LlmopsWorkbench-alias" key={alias}>
          @{alias}
          {version !== entry.version && `·${version}`}
        </bdi>
      ))}
      {entry.detail && (
        <bdi className="jp-LlmopsWorkbench-detail">{entry.detail}</bdi>
      )}
      <span className="jp-LlmopsWorkbench-fill" />
      {entry.progress ? (
        <Progress entry={entry} actions={actions} />
      ) : (
        entry.figures
          .slice(0, MOST_FIGURES)
          .map(figure => (
            <Figure key={figure.label} figure={figure} actions={actions} />
          ))
      )}
    </div>
  );
}

function Figure(props: {
  figure: IFigure;
  actions: SidebarActions;
}): JSX.Element {
  const { figure, actions } = props;
  const { messages } = actions.workbench;
  const around = margin(figure);
  return (
    <span
      className="jp-LlmopsWorkbench-figure"
      title={messages.say(figure.label)}
    >
      {written(figure, messages.locale)}
      {around && <small> {around}</small>}
    </span>
  );
}

function Progress(props: {
  entry: IEntry;
  actions: SidebarActions;
}): JSX.Element {
  const { entry, actions } = props;
  const { trans } = actions.workbench;
  const part = share(entry);
  const eta = entry.progress?.eta;
  return (
    <>
      <span className="jp-LlmopsWorkbench-bar" aria-hidden="true">
        {part !== undefined && <span style={{ width: `${100 * part}%` }} />}
      </span>
      <span
        className="jp-LlmopsWorkbench-figure"
        title={
          eta == null ? undefined : trans.__('about %1 left', seconds(eta))
        }
      >
        {part === undefined ? '' : percent(part)}
      </span>
      <button
        type="button"
        tabIndex={-1}
        className="jp-LlmopsWorkbench-icon"
        title={trans.__('Stop and save')}
        aria-label={trans.__('Stop and save %1', entry.title)}
        onClick={event => {
          event.stopPropagation();
          actions.stop(entry);
        }}
      >
        <stopIcon.react tag="span" width="14px" height="14px" />
      </button>
    </>
  );
}

/** Say a line for those who do not see it. */
function spoken(entry: IEntry, actions: SidebarActions): string {
  const { messages } = actions.workbench;
  const part = share(entry);
  return [
    entry.alarm ? messages.say('alarm') : '',
    entry.state ? messages.say(entry.state) : '',
    plainName(entry),
    ...(entry.aliases ?? []).map(({ alias }) => `@${alias}`),
    entry.detail ?? '',
    part === undefined ? '' : percent(part),
    ...entry.figures.map(
      figure =>
        `${messages.say(figure.label)} ${written(figure, messages.locale)}`
    )
  ]
    .filter(text => text)
    .join(', ');
}
