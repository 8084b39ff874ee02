import { MenuSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';

/** A menu that is made for one occasion. */
export class Choices {
  constructor() {
    this.menu = new MenuSvg({ commands: this.commands });
    this.menu.addClass('jp-LlmopsWorkbench-menu');
  }

  /** Add a line; one that does not work now is shown grey. */
  add(
    label: string,
    execute: () => void,
    more: { works?: boolean; caption?: string } = {}
  ): void {
    const command = `choice:${this.count++}`;
    const { works = true, caption } = more;
    this.commands.addCommand(command, {
      label,
      caption,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => works,
      execute
    });
    this.menu.addItem({ command });
  }

  /** Begin another group; a menu shows no line that has nothing above or below it. */
  separate(): void {
    this.menu.addItem({ type: 'separator' });
  }

  /**
   * Show it at a place of the window.
   *
   * @param closed - Is called when it has gone, whatever was chosen.
   */
  show(x: number, y: number, closed: () => void = () => undefined): void {
    this.menu.aboutToClose.connect(() => {
      // The chosen line runs after the menu has closed.
      window.setTimeout(() => this.menu.dispose(), 0);
      closed();
    });
    this.menu.open(x, y);
    this.menu.activeIndex = 0;
  }

  private readonly commands = new CommandRegistry();
  private readonly menu: MenuSvg;
  private count = 0;
}
