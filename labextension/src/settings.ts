import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal, type ISignal } from '@lumino/signaling';

/** Which schema holds the settings, menus and shortcuts. */
export const SETTINGS = 'llmops-workbench:plugin';

/** What a user can set. */
export class Settings {
  /** Seconds between two looks at the server when all is well. */
  refreshSeconds = 30;
  /** In whose environment jobs run; empty for the server's own. */
  kernelspec = '';
  /** How many entries of a list are asked for at once. */
  pageSize = 50;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Follow the settings that JupyterLab keeps. */
  follow(kept: ISettingRegistry.ISettings): void {
    const take = () => {
      this.refreshSeconds = kept.get('refreshSeconds').composite as number;
      this.kernelspec = kept.get('kernelspec').composite as string;
      this.pageSize = kept.get('pageSize').composite as number;
      this._changed.emit();
    };
    take();
    kept.changed.connect(take);
  }

  private readonly _changed = new Signal<this, void>(this);
}
