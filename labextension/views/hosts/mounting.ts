/** Puts a view's module into a place of the page; what goes wrong is seen there and in Python. */
import type { IHost, IKit } from '../host';
import { t } from '../kit/translate';
import type { LoadedModule } from './bridge';

export interface IMounting {
  root: HTMLElement;
  host: IHost;
  /** Aborted when the place goes away. */
  signal: AbortSignal;
  load: () => Promise<LoadedModule>;
  /** Gives the kit to a module that was not built with it. */
  loadKit: () => Promise<IKit>;
}

/** Load and mount a view. */
export async function mountView(given: IMounting): Promise<void> {
  const { root, host, signal } = given;
  try {
    const module = await given.load();
    if (typeof module.mount !== 'function') {
      throw new TypeError('the module of the view exports no function mount');
    }
    const kit = module.kit ?? (await given.loadKit());
    if (!signal.aborted) {
      await module.mount(root, host, { signal, kit });
    }
  } catch (error) {
    if (!signal.aborted) {
      failed(root, host, error);
    }
  }
}

/** Say on the page and to Python that a view failed. */
export function failed(root: HTMLElement, host: IHost, error: unknown): void {
  const told = error instanceof Error ? error : new Error(String(error));
  const view = String(host.state.get('$view') ?? '');
  root.replaceChildren(
    notice(t(host, 'The panel “%1” failed: %2', view, told.message), 'alert')
  );
  host
    .ask('host.failed', { message: told.message, stack: told.stack ?? '' })
    .catch(() => undefined);
}

/** Make one line that is told to a screen reader, too. */
export function notice(text: string, role: 'alert' | 'status'): HTMLElement {
  const line = document.createElement('div');
  line.setAttribute('role', role);
  line.className = `llmops-notice llmops-notice-${role}`;
  line.textContent = text;
  const edge =
    role === 'alert'
      ? 'var(--jp-error-color1, #d32f2f)'
      : 'var(--jp-warn-color1, #f57c00)';
  line.style.cssText =
    `border-inline-start: 3px solid ${edge}; padding: 4px 8px; margin: 4px 0;` +
    'font: var(--jp-ui-font-size1, 13px)/1.5 var(--jp-ui-font-family, system-ui, sans-serif);' +
    'color: var(--jp-ui-font-color1, inherit); background: color-mix(in srgb, currentcolor 6%, transparent);' +
    'overflow-wrap: anywhere; white-space: pre-wrap;';
  return line;
}
