import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Json } from '../views/host';
import { RestHost } from '../views/hosts/rest';
import { HostState, MOVING, type Values } from '../views/hosts/state';
import { statusOf } from './bridge';
import { part } from './client';
import type { IWorkbench } from './tokens';

/** Milliseconds of quiet after which a panel's values are written down. */
const QUIET = 300;

/** Which panel, of what. */
export interface IShown {
  view: string;
  subject: string;
}

/**
 * Make the host of a view that JupyterLab shows by itself, and that asks the server.
 *
 * @throws HostError when the view cannot be opened.
 */
export async function makeHost(
  workbench: IWorkbench,
  kept: IStateDB | null,
  shown: IShown,
  signal: AbortSignal
): Promise<RestHost> {
  const { client, changes, messages } = workbench;
  const { view, subject } = shown;
  // Not under the name of the tracker, which takes away whatever it finds there and did not write.
  const key = `llmops-workbench-values:${view}:${subject}`;
  const path = `views/${part(view)}/state`;
  const [initial, values] = await Promise.all([
    client.post<Json>(path, { subject }, signal),
    kept?.fetch(key) ?? {},
    messages.ready
  ]);
  const state = new HostState(
    { read: () => (values ?? {}) as Values, write: writer(kept, key) },
    {
      $view: view,
      $subject: subject,
      $initial: initial,
      $status: statusOf(changes.link),
      $changed: 0,
      $can: ['host.failed', ...workbench.can()],
      $messages: messages.table,
      $locale: messages.locale
    }
  );
  follow(workbench, state, shown, signal);
  return new RestHost(view, subject, state, client.send, workbench.hostMethods);
}

/** Keep the host's own values in step with the server until the panel goes away. */
function follow(
  workbench: IWorkbench,
  state: HostState,
  shown: IShown,
  signal: AbortSignal
): void {
  const { client, changes } = workbench;
  const rise = () =>
    state.put('$changed', Number(state.get('$changed') ?? 0) + 1);
  const turn = () => state.put('$status', statusOf(changes.link));
  const renew = () => {
    rise();
    client
      .post<Json>(`views/${part(shown.view)}/state`, { subject: shown.subject })
      .then(initial => {
        if (!signal.aborted) {
          state.put('$initial', initial);
        }
      })
      // The panel's own questions say what is wrong.
      .catch(() => undefined);
  };
  changes.changed.connect(renew);
  changes.standingChanged.connect(turn);
  if (MOVING.test(shown.subject)) {
    changes.jobsMoved.connect(rise);
  }
  signal.addEventListener('abort', () => {
    changes.changed.disconnect(renew);
    changes.standingChanged.disconnect(turn);
    changes.jobsMoved.disconnect(rise);
  });
}

/** Write values down once they have settled. */
function writer(kept: IStateDB | null, key: string): (values: Values) => void {
  let timer = 0;
  return values => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      const written = Object.keys(values).length
        ? kept?.save(key, values as ReadonlyPartialJSONObject)
        : kept?.remove(key);
      written?.catch((reason: unknown) => {
        console.warn('The state of a panel could not be kept', reason);
      });
    }, QUIET);
  };
}
