import { clearIcon, searchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { SidebarActions } from './actions';
import { RESULTS } from './model';

/** The one search across everything. */
export function SearchField({
  actions
}: {
  actions: SidebarActions;
}): JSX.Element {
  const { model, workbench } = actions;
  const { trans } = workbench;
  return (
    <div className="jp-LlmopsWorkbench-search" role="search">
      <searchIcon.react tag="span" width="14px" height="14px" />
      <input
        ref={actions.search.ref}
        type="text"
        className="jp-mod-styled"
        value={model.query}
        placeholder={trans.__('Search everything')}
        aria-label={trans.__('Search everything')}
        aria-keyshortcuts="/"
        spellCheck={false}
        onFocus={event => event.target.select()}
        onChange={event => model.search(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            model.search('');
            actions.tree.focus();
          } else if (event.key === 'ArrowDown') {
            event.preventDefault();
            actions.tree.focus();
          } else if (event.key === 'Enter') {
            const first = model.list(RESULTS).at(0);
            if (first) {
              actions.open(first);
            }
          }
        }}
      />
      {model.query ? (
        <button
          type="button"
          className="jp-LlmopsWorkbench-icon"
          title={trans.__('Clear the search')}
          aria-label={trans.__('Clear the search')}
          onClick={() => {
            model.search('');
            actions.tree.focus();
          }}
        >
          <clearIcon.react tag="span" width="14px" height="14px" />
        </button>
      ) : (
        <kbd aria-hidden="true">/</kbd>
      )}
    </div>
  );
}
