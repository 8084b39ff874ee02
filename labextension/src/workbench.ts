import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Changes } from './changes';
import { Client } from './client';
import { hostMethods, methodsThatWork } from './hostmethods';
import { Messages } from './messages';
import { Settings, SETTINGS } from './settings';
import { IWorkbench } from './tokens';

/** The domain of the translations. */
export const DOMAIN = 'llmops_workbench';

/** The line to the server, which all other plugins of the extension use. */
export const workbench: JupyterFrontEndPlugin<IWorkbench> = {
  id: SETTINGS,
  description: 'Provides the line to the LLMOps Workbench server.',
  autoStart: true,
  provides: IWorkbench,
  optional: [ITranslator, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    registry: ISettingRegistry | null
  ): IWorkbench => {
    const language = translator ?? nullTranslator;
    const { serverSettings, events } = app.serviceManager;
    const client = new Client(serverSettings);
    const settings = new Settings();
    const changes = new Changes(client, events, settings.refreshSeconds);
    const messages = new Messages(client, language.languageCode);
    settings.changed.connect(() => {
      changes.seconds = settings.refreshSeconds;
    });
    registry
      ?.load(SETTINGS)
      .then(kept => settings.follow(kept))
      .catch((reason: unknown) => {
        console.error(
          'The settings of LLMOps Workbench cannot be read',
          reason
        );
      });
    const own = hostMethods(app.commands, client, settings);
    return {
      client,
      changes,
      messages,
      settings,
      trans: language.load(DOMAIN),
      hostMethods: own,
      can: () => methodsThatWork(own, app.commands)
    };
  }
};
