import type { ComponentChildren, JSX } from 'preact';
import { useHostState } from './ask';
import type { IHost, Status } from '../host';
import { Icon, type IconName } from './icons';

export interface INoticeProps {
  /** What it is about: a sample, something read-only, rows that wait. */
  children: ComponentChildren;
  tone?: 'plain' | 'warn' | 'bad';
  icon?: IconName;
  action?: ComponentChildren;
}

/** A line across the panel that says how to take what is shown: partial, old, read-only, new. */
export function Notice(props: INoticeProps): JSX.Element {
  const { tone = 'plain', children, action } = props;
  const icon = props.icon ?? (tone === 'plain' ? 'info' : 'warning');
  return (
    <div class={`lw-notice lw-notice-${tone}`} role="note">
      <Icon name={icon} />
      <div class="lw-notice-text">{children}</div>
      {action}
    </div>
  );
}

/** Whether the host lives: what cannot work without it is best disabled meanwhile. */
export function useStatus(host: IHost): Status {
  return useHostState<Status>(host, '$status', 'live')[0];
}
