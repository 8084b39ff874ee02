import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { Status } from '../views/host';
import type { ILabBridge } from '../views/hosts/bridge';
import { RestHost } from '../views/hosts/rest';
import { HostState, MOVING } from '../views/hosts/state';
import { part } from './client';
import { IWorkbench } from './tokens';

/** Where a notebook's panels look for JupyterLab's way to the server. */
const KEY = Symbol.for('llmops-workbench');

/** Lets the panels of a notebook ask the server, which answers while a cell is running. */
export const bridge: JupyterFrontEndPlugin<void> = {
  id: 'llmops-workbench:bridge',
  description:
    'Lets the panels in notebooks ask the server instead of the kernel.',
  autoStart: true,
  requires: [IWorkbench],
  activate: (_: JupyterFrontEnd, workbench: IWorkbench) => {
    Object.defineProperty(globalThis, KEY, {
      value: makeBridge(workbench),
      configurable: true
    });
  }
};

function makeBridge(workbench: IWorkbench): ILabBridge {
  const { client, changes, messages } = workbench;
  const nothing = new HostState(
    { read: () => ({}), write: () => undefined },
    {}
  );
  return {
    ready: Promise.all([changes.ready, messages.ready]),
    get workspace() {
      return changes.workspace?.id ?? '';
    },
    ask: (view, subject, method, payload, options) =>
      new RestHost(view, subject, nothing, client.send, {}).ask(
        method,
        payload,
        options
      ),
    load: view => client.load(view),
    initial: (view, subject) =>
      client.post(`views/${part(view)}/state`, { subject }),
    get hostMethods() {
      const works = new Set(workbench.can());
      return Object.fromEntries(
        Object.entries(workbench.hostMethods).filter(([name]) =>
          works.has(name)
        )
      );
    },
    get messages() {
      return messages.table;
    },
    locale: messages.locale,
    onChanged: (told, subject) => {
      const call = () => told();
      changes.changed.connect(call);
      if (MOVING.test(subject)) {
        changes.jobsMoved.connect(call);
      }
      return () => {
        changes.changed.disconnect(call);
        changes.jobsMoved.disconnect(call);
      };
    },
    onStatus: told => {
      const call = () => told(statusOf(changes.link));
      changes.standingChanged.connect(call);
      return () => void changes.standingChanged.disconnect(call);
    }
  };
}

/** What a panel needs to know of the link: an absent extension is no server to it. */
export function statusOf(link: Status | 'absent'): Status {
  return link === 'live' ? 'live' : 'offline';
}
