import {
  addIcon,
  caretDownIcon,
  refreshIcon,
  settingsIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';
import { SETTINGS } from '../settings';
import { CommandIDs } from '../tokens';
import type { SidebarActions } from './actions';
import { SearchField } from './searchfield';
import { lineId, Section } from './section';
import { Standing } from './standing';
import { deedOf, type Deed } from './tree';

interface IProps {
  actions: SidebarActions;
}

/** The whole sidebar. */
export function Sidebar({ actions }: IProps): JSX.Element {
  const { model, workbench } = actions;
  const { changes, trans } = workbench;
  const [, paint] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const painted = () => paint();
    model.changed.connect(painted);
    paint();
    return () => {
      model.changed.disconnect(painted);
    };
  }, [model]);
  const there = changes.link !== 'absent' && changes.workspace !== null;
  return (
    <>
      <Header actions={actions} />
      {there ? (
        <>
          {changes.link === 'offline' && (
            <p className="jp-LlmopsWorkbench-banner" role="status">
              {trans.__(
                'The server cannot be reached. What is shown is as it was; trying again.'
              )}
            </p>
          )}
          <SearchField actions={actions} />
          <Tree actions={actions} />
          <Footer actions={actions} />
        </>
      ) : (
        <Standing actions={actions} />
      )}
    </>
  );
}

function Header({ actions }: IProps): JSX.Element {
  const { trans, changes } = actions.workbench;
  return (
    <header className="jp-LlmopsWorkbench-header">
      <h2 title={changes.workspace?.root}>{trans.__('LLMOps')}</h2>
      <bdi className="jp-LlmopsWorkbench-where">{changes.workspace?.name}</bdi>
      <span className="jp-LlmopsWorkbench-fill" />
      <button
        type="button"
        className="jp-LlmopsWorkbench-icon"
        title={trans.__('Refresh')}
        aria-label={trans.__('Refresh')}
        onClick={() => actions.run(CommandIDs.refresh)}
      >
        <refreshIcon.react tag="span" width="16px" height="16px" />
      </button>
      <button
        type="button"
        className="jp-LlmopsWorkbench-icon"
        title={trans.__('Settings')}
        aria-label={trans.__('Settings')}
        onClick={() =>
          actions.run('settingeditor:open', { query: SETTINGS.split(':')[0] })
        }
      >
        <settingsIcon.react tag="span" width="16px" height="16px" />
      </button>
    </header>
  );
}

function Tree({ actions }: IProps): JSX.Element {
  const { model, workbench } = actions;
  const { section, index } = model.place;
  const shown = model.shown;
  const first = shown[0]?.id ?? '';
  const at = section ? lineId(section, index) : lineId(first, -1);
  React.useEffect(() => {
    if (index < 0) {
      document.getElementById(at)?.scrollIntoView?.({ block: 'nearest' });
    }
  }, [at, index]);

  const act = (deed: Deed) => {
    if ('go' in deed) {
      model.go(deed.go);
    } else if ('toggle' in deed) {
      model.toggle(deed.toggle);
    } else {
      const place = 'open' in deed ? deed.open : deed.menu;
      const entry = model.list(place.section).at(place.index);
      const line = document.getElementById(lineId(place.section, place.index));
      if (entry && 'open' in deed) {
        actions.open(entry);
      } else if (entry && line) {
        const { left, bottom } = line.getBoundingClientRect();
        void actions.menu(entry, left + 24, bottom);
      }
    }
  };
  return (
    <div
      ref={actions.tree.ref}
      role="tree"
      className="jp-LlmopsWorkbench-tree"
      tabIndex={0}
      aria-label={workbench.trans.__('LLMOps workspace')}
      aria-activedescendant={shown.length ? at : undefined}
      aria-busy={shown.length === 0}
      onKeyDown={event => {
        const inField = event.target instanceof HTMLInputElement;
        if (inField || event.ctrlKey || event.metaKey || event.altKey) {
          return;
        }
        if (event.key === 'Escape' && model.query) {
          model.search('');
          return;
        }
        const place = section ? model.place : { section: first, index: -1 };
        const deed = deedOf(event.key, event.shiftKey, place, model.shape);
        if (deed && shown.length) {
          event.preventDefault();
          event.stopPropagation();
          act(deed);
        }
      }}
    >
      {shown.map(one => (
        <Section key={one.id} section={one} actions={actions} />
      ))}
    </div>
  );
}

function Footer({ actions }: IProps): JSX.Element {
  const { trans } = actions.workbench;
  const button = React.useRef<HTMLButtonElement>(null);
  return (
    <footer className="jp-LlmopsWorkbench-footer">
      <button
        ref={button}
        type="button"
        className="jp-mod-styled jp-mod-minimal"
        aria-haspopup="menu"
        onClick={event => {
          const { left, top } = event.currentTarget.getBoundingClientRect();
          actions.offer(left, top, () => button.current?.focus());
        }}
      >
        <addIcon.react tag="span" width="14px" height="14px" />
        {trans.__('New')}
        <caretDownIcon.react tag="span" width="14px" height="14px" />
      </button>
    </footer>
  );
}
