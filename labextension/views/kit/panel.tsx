import type { ComponentChildren, JSX } from 'preact';
import { useContext } from 'preact/hooks';
import type { IHost } from '../host';
import { CodeLine } from './code';
import { IconButton } from './controls';
import { KeyRingContext, useKeys, type IKey } from './keys';
import { StatusMark } from './states';
import { t } from './translate';

export interface IFigure {
  label: string;
  value: ComponentChildren;
  /** How the number was made. */
  title?: string;
  tone?: 'good' | 'bad' | 'warn';
}

/** One line of figures that answers the panel's question. */
export function Figures({
  items
}: {
  items: readonly (IFigure | null | false | undefined)[];
}): JSX.Element {
  return (
    <dl class="lw-figures">
      {items.map(
        item =>
          item && (
            <div
              key={item.label}
              class={`lw-figure${item.tone ? ` lw-tone-${item.tone}` : ''}`}
              title={item.title}
            >
              <dt>{item.label}</dt>
              <dd>{item.value}</dd>
            </div>
          )
      )}
    </dl>
  );
}

export interface IPanelProps {
  host: IHost;
  /** What this is: a name. */
  title: string;
  version?: string | number;
  /** A state's word, or what is to be shown in its place. */
  state?: ComponentChildren;
  /** The two most likely actions, and a menu of the rest. */
  actions?: ComponentChildren;
  figures?: readonly (IFigure | null | false | undefined)[] | JSX.Element;
  /** The line of code that reproduces what is seen, or what is to be shown in its place. */
  footer?: ComponentChildren;
  keys?: readonly IKey[];
  /** A `Drawer` beside the working area. */
  drawer?: ComponentChildren;
  /** The working area gets all the height that is left and scrolls inside of itself. */
  fill?: boolean;
  children?: ComponentChildren;
}

const NONE: readonly IKey[] = [];

/** A panel: header, one line of figures, working area, and a footer with the reproducing line. */
export function Panel(props: IPanelProps): JSX.Element {
  const { host, title, version, state, figures, footer, keys = NONE } = props;
  const ring = useContext(KeyRingContext);
  useKeys(keys);
  return (
    <section class={`lw-panel${props.fill ? ' lw-panel-fill' : ''}`}>
      <header class="lw-panel-head">
        <h1 class="lw-panel-title" title={title}>
          <bdi>{title}</bdi>
          {version !== undefined && version !== '' && (
            <span class="lw-panel-version">@{version}</span>
          )}
        </h1>
        {typeof state === 'string' ? <StatusMark state={state} /> : state}
        {props.actions && <div class="lw-panel-actions">{props.actions}</div>}
      </header>
      {Array.isArray(figures) ? (
        <Figures items={figures as IFigure[]} />
      ) : (
        (figures as JSX.Element | undefined)
      )}
      <div class="lw-panel-middle">
        <div class="lw-panel-work">{props.children}</div>
        {props.drawer}
      </div>
      {(footer || keys.length > 0) && (
        <footer class="lw-panel-foot">
          <div class="lw-panel-foot-text">
            {typeof footer === 'string' && footer !== '' ? (
              <CodeLine host={host} code={footer} />
            ) : (
              footer
            )}
          </div>
          <IconButton
            icon="help"
            label={t(host, 'Show the keys')}
            onClick={() => ring.show()}
          />
        </footer>
      )}
    </section>
  );
}
