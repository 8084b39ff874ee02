import { Component, render, type ComponentChildren, type JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { IHost } from '../host';
import { can } from './code';
import { HostContext } from './context';
import { focused } from './focus';
import { KeyRing, KeyRingContext, KeySheet, type IKey } from './keys';
import { Notice, useStatus } from './notice';
import { keepKeys } from './shortcuts';
import { ErrorBox } from './states';
import { styles } from './styles';
import { followTheme } from './theme';
import { Toasts } from './toast';
import { t } from './translate';

/** Says what broke, here and to the Python side, instead of an empty place. */
class Boundary extends Component<
  { host: IHost; children?: ComponentChildren },
  { error?: Error }
> {
  state: { error?: Error } = {};

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  componentDidCatch(error: unknown): void {
    report(this.props.host, error);
  }

  render(): ComponentChildren {
    const { error } = this.state;
    if (!error) {
      return this.props.children;
    }
    const { host } = this.props;
    const shown = Object.assign(
      new Error(t(host, 'This panel failed: %1', error.message)),
      { detail: error.stack ?? '' }
    );
    return (
      <div class="lw-failed">
        <ErrorBox
          error={shown}
          again={() => this.setState({ error: undefined })}
        />
      </div>
    );
  }
}

/** Tell the Python side that the panel failed, where it listens. */
export function report(host: IHost, error: unknown): void {
  const failed = error instanceof Error ? error : new Error(String(error));
  if (can(host, 'host.failed')) {
    host
      .ask('host.failed', {
        message: failed.message.slice(0, 2000),
        stack: (failed.stack ?? '').slice(0, 10_000)
      })
      .catch(() => undefined);
  }
}

/** What the panel says when it no longer lives; empty while all works. */
function Banner({ host }: { host: IHost }): JSX.Element {
  const status = useStatus(host);
  const words: { [status: string]: string } = {
    offline: t(host, 'The server cannot be reached; what is shown may be old.'),
    gone: t(
      host,
      'The kernel has ended; what is shown stays, but nothing new can be asked. Run the cell again to go on.'
    )
  };
  return (
    <div class="lw-banner" role="status" aria-live="polite">
      {words[status] && <Notice tone="warn">{words[status]}</Notice>}
    </div>
  );
}

function Frame({
  host,
  ring,
  surface,
  signal,
  children
}: {
  host: IHost;
  ring: KeyRing;
  surface: HTMLElement;
  signal: AbortSignal;
  children: ComponentChildren;
}): JSX.Element {
  const [sheet, open] = useState<readonly IKey[] | null>(null);
  const own = useMemo<IKey[]>(
    () => [
      { keys: '/', label: t(host, 'Search'), group: t(host, 'Everywhere') },
      {
        keys: '?',
        label: t(host, 'Show the keys'),
        group: t(host, 'Everywhere')
      }
    ],
    [host]
  );
  ring.show = () => open([...ring.all(), ...own]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const before = event.defaultPrevented;
      if (ring.press(event)) {
        event.preventDefault();
        event.stopPropagation();
      } else if (!before) {
        general(event);
      }
    };
    const general = (event: KeyboardEvent) => {
      const typing = event.composedPath()[0];
      const search = surface.querySelector<HTMLElement>('[data-lw-slash]');
      if (isText(typing) || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      if (event.key === '?') {
        ring.show();
      } else if (event.key === '/' && search && focused(surface) !== search) {
        search.focus();
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    };
    surface.addEventListener('keydown', press, { signal });
  }, [surface, ring]);
  return (
    <>
      <Banner host={host} />
      <Boundary host={host}>{children}</Boundary>
      <KeySheet
        open={sheet !== null}
        keys={sheet ?? []}
        onClose={() => open(null)}
      />
    </>
  );
}

function isText(target: EventTarget | undefined): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/**
 * Draw a panel into its place: with the styles, the theme, toasts, the `?` sheet, the banner that
 * says when the host is gone, and a boundary that catches what the panel throws.
 */
export function mountApp(
  root: HTMLElement,
  host: IHost,
  signal: AbortSignal,
  vnode: ComponentChildren
): void {
  const style = document.createElement('style');
  style.textContent = styles;
  const surface = document.createElement('div');
  const toasts = document.createElement('div');
  const app = document.createElement('div');
  app.className = 'lw-app';
  app.lang = host.state.get<string>('$locale') ?? 'en';
  surface.className = 'lw-surface';
  app.append(surface, toasts);
  root.replaceChildren(style, app);
  followTheme(app, signal);
  keepKeys(app, signal);
  new Toasts(toasts, host, signal);
  const ring = new KeyRing();
  render(
    <HostContext.Provider value={host}>
      <KeyRingContext.Provider value={ring}>
        <Frame host={host} ring={ring} surface={app} signal={signal}>
          {vnode}
        </Frame>
      </KeyRingContext.Provider>
    </HostContext.Provider>,
    surface
  );
  signal.addEventListener('abort', () => {
    render(null, surface);
    root.replaceChildren();
  });
}
