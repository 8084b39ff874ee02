import {
  caretDownIcon,
  caretRightIcon,
  closeIcon,
  filterIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';
import { count } from '../../views/kit/format';
import type { SidebarActions } from './actions';
import type { ISection } from './entry';
import { RESULTS } from './model';
import { Row } from './row';

/** Pixels of a line; the style sheet says the same. */
const LINE = 24;
/** Lines beyond the seen ones that are painted, too. */
const SPARE = 6;

/** The id of a line in the page. */
export function lineId(section: string, index: number): string {
  return `jp-LlmopsWorkbench-${section}-${index}`;
}

interface ISectionProps {
  section: ISection;
  actions: SidebarActions;
}

/** One section: its heading, and its entries when it is open. */
export function Section({ section, actions }: ISectionProps): JSX.Element {
  const { model } = actions;
  const { id } = section;
  const { trans, messages } = actions.workbench;
  const open = model.isOpen(id);
  const place = model.place;
  const Caret = open ? caretDownIcon : caretRightIcon;
  const title = messages.say(section.title);
  const filtered = model.filters.has(id);
  return (
    <div className="jp-LlmopsWorkbench-section" data-section={id}>
      <div
        id={lineId(id, -1)}
        role="treeitem"
        aria-level={1}
        aria-expanded={open}
        aria-selected={place.section === id && place.index < 0}
        aria-label={`${title} ${spokenCount(section, actions)}`}
        className="jp-LlmopsWorkbench-heading"
        data-active={(place.section === id && place.index < 0) || undefined}
        onClick={() => {
          model.go({ section: id, index: -1 });
          if (id !== RESULTS) {
            model.toggle(id);
          }
        }}
      >
        <Caret.react tag="span" className="jp-LlmopsWorkbench-caret" />
        <span className="jp-LlmopsWorkbench-name">{title}</span>
        {open && id !== RESULTS && id !== 'running' && (
          <button
            type="button"
            tabIndex={-1}
            className="jp-LlmopsWorkbench-icon"
            aria-pressed={filtered}
            title={trans.__('Filter by name')}
            aria-label={trans.__('Filter %1 by name', title)}
            onClick={event => {
              event.stopPropagation();
              model.filter(id, filtered ? undefined : '');
            }}
          >
            <filterIcon.react tag="span" width="14px" height="14px" />
          </button>
        )}
        <Count section={section} actions={actions} />
      </div>
      {open && filtered && <Filter section={section} actions={actions} />}
      {open && <Entries section={section} actions={actions} />}
    </div>
  );
}

function spokenCount({ id }: ISection, { model }: SidebarActions): string {
  return String(
    id === RESULTS
      ? (model.list(id).total ?? '')
      : (model.counts[id]?.count ?? '')
  );
}

function Count({ section, actions }: ISectionProps): JSX.Element {
  const { model, workbench } = actions;
  const { trans } = workbench;
  const told = model.counts[section.id];
  const number =
    section.id === RESULTS ? model.list(RESULTS).total : told?.count;
  const mark = told?.alarm ? '▲' : told?.live ? '●' : '';
  const title = told?.alarm
    ? trans.__('%1 with an alarm', told.count)
    : told?.live
      ? trans.__('%1 answering now', told.live)
      : undefined;
  return (
    <span
      className="jp-LlmopsWorkbench-count"
      data-tone={told?.alarm ? 'warn' : told?.live ? 'good' : undefined}
      title={title}
      aria-hidden="true"
    >
      {mark && `${mark} `}
      {number === undefined ? '' : count(number)}
    </span>
  );
}

function Filter({ section, actions }: ISectionProps): JSX.Element {
  const { model, workbench } = actions;
  const { trans } = workbench;
  const field = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => field.current?.focus(), []);
  const close = () => {
    model.filter(section.id, undefined);
    actions.tree.focus();
  };
  return (
    <div className="jp-LlmopsWorkbench-filter">
      <input
        ref={field}
        type="text"
        className="jp-mod-styled"
        value={model.filters.get(section.id) ?? ''}
        placeholder={trans.__('Part of the name')}
        aria-label={trans.__(
          'Filter %1 by name',
          workbench.messages.say(section.title)
        )}
        onChange={event => model.filter(section.id, event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            close();
          } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            model.go({ section: section.id, index: 0 });
            actions.tree.focus();
          }
        }}
      />
      <button
        type="button"
        className="jp-LlmopsWorkbench-icon"
        title={trans.__('Show all')}
        aria-label={trans.__('Show all')}
        onClick={close}
      >
        <closeIcon.react tag="span" width="14px" height="14px" />
      </button>
    </div>
  );
}

function Entries({ section, actions }: ISectionProps): JSX.Element {
  const { model, workbench } = actions;
  const list = model.list(section.id);
  const body = React.useRef<HTMLDivElement>(null);
  const [view, look] = React.useState({ top: 0, height: 10 * LINE });
  const total = list.total ?? 0;
  const start = Math.max(0, Math.floor(view.top / LINE) - SPARE);
  const stop = Math.min(
    Math.max(total, 1),
    Math.ceil((view.top + view.height) / LINE) + SPARE
  );
  const place = model.place;
  const at = place.section === section.id ? place.index : -1;

  React.useEffect(() => list.need(start, stop));
  React.useLayoutEffect(() => {
    const element = body.current;
    if (!element || at < 0) {
      return;
    }
    const above = at * LINE < element.scrollTop;
    const below = (at + 1) * LINE > element.scrollTop + element.clientHeight;
    if (above || below) {
      element.scrollTop = above
        ? at * LINE
        : (at + 1) * LINE - element.clientHeight;
    }
  }, [at]);

  if (list.error && list.total === undefined) {
    return (
      <p className="jp-LlmopsWorkbench-hint" role="alert">
        {list.error.message}
      </p>
    );
  }
  if (list.total === 0) {
    return <Empty section={section} actions={actions} />;
  }
  return (
    <div
      ref={body}
      role="group"
      className="jp-LlmopsWorkbench-entries"
      onScroll={event => {
        const { scrollTop, clientHeight } = event.currentTarget;
        actions.card.hide();
        look({ top: scrollTop, height: clientHeight });
      }}
    >
      <div style={{ height: Math.max(total, 1) * LINE }} role="presentation">
        <div style={{ paddingTop: start * LINE }} role="presentation">
          {Array.from({ length: stop - start }, (_, offset) => {
            const index = start + offset;
            const entry = list.at(index);
            return entry ? (
              <Row
                key={index}
                id={lineId(section.id, index)}
                section={section.id}
                entry={entry}
                index={index}
                total={total}
                active={index === at}
                actions={actions}
              />
            ) : (
              <div
                key={index}
                className="jp-LlmopsWorkbench-entry jp-mod-waiting"
                aria-hidden="true"
              >
                <span />
              </div>
            );
          })}
        </div>
      </div>
      {list.error && (
        <p className="jp-LlmopsWorkbench-hint" role="status">
          {workbench.trans.__(
            'This may be out of date: %1',
            list.error.message
          )}
        </p>
      )}
    </div>
  );
}

function Empty({ section, actions }: ISectionProps): JSX.Element {
  const { messages, trans } = actions.workbench;
  const filter = actions.model.filters.get(section.id);
  return (
    <div className="jp-LlmopsWorkbench-empty">
      <p className="jp-LlmopsWorkbench-hint">
        {filter
          ? trans.__('Nothing here has “%1” in its name.', filter)
          : messages.say(section.empty)}
      </p>
      {!filter && section.start && (
        <button
          type="button"
          className="jp-mod-styled jp-mod-minimal jp-LlmopsWorkbench-begin"
          onClick={() => actions.begin(section.start)}
        >
          {messages.say(section.begin)}
        </button>
      )}
    </div>
  );
}
