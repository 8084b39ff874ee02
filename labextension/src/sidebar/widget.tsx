import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { SidebarActions } from './actions';
import type { SidebarModel } from './model';
import { Sidebar } from './sidebar';
import type { CommandRegistry } from '@lumino/commands';

/** The id of the sidebar in JupyterLab's shell. */
export const SIDEBAR_ID = 'llmops-workbench-sidebar';

/** Holds the sidebar, and asks the server only while it is seen. */
export class SidebarWidget extends ReactWidget {
  constructor(
    readonly model: SidebarModel,
    commands: CommandRegistry
  ) {
    super();
    this.id = SIDEBAR_ID;
    this.addClass('jp-LlmopsWorkbench-sidebar');
    this.actions = new SidebarActions(model, commands);
  }

  /** Put the cursor into the search, once the sidebar has been activated. */
  focusSearch(): void {
    this.searching = true;
  }

  dispose(): void {
    this.actions.dispose();
    this.model.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    return <Sidebar actions={this.actions} />;
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.show();
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.model.show();
    }
  }

  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.actions.card.hide();
    this.model.hide();
  }

  protected onActivateRequest(): void {
    if (this.searching) {
      this.actions.search.focus();
    } else {
      this.actions.tree.focus();
    }
    this.searching = false;
  }

  private readonly actions: SidebarActions;
  private searching = false;
}
