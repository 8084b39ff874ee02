import type { JSX } from 'preact';
import type { IHost } from '../host';
import { asError } from './ask';
import { IconButton } from './controls';
import { toast } from './toast';
import { t } from './translate';

/** Whether the host has a method such as `host.cell`. */
export function can(host: IHost, method: string): boolean {
  const methods = host.state.get<string[]>('$can');
  return Array.isArray(methods) && methods.includes(method);
}

/** Put text on the clipboard, also where the page may not: then by a hidden field. */
export async function copyText(text: string, from?: Element): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement('textarea');
    const back = document.activeElement as HTMLElement | null;
    field.value = text;
    field.setAttribute(
      'style',
      'position:fixed;inset-block-start:-99px;opacity:0'
    );
    (from?.parentElement ?? document.body).append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    back?.focus?.();
    if (!copied) {
      throw new Error('the browser does not let the page copy');
    }
  }
}

/** Copy text and say so. */
export async function copy(host: IHost, text: string): Promise<void> {
  try {
    await copyText(text);
    toast(host, t(host, 'Copied'));
  } catch (error) {
    toast(host, asError(error).message, { tone: 'bad' });
  }
}

/** A line of code that does the same as what is seen, to copy or to put into a cell. */
export function CodeLine({
  host,
  code,
  label
}: {
  host: IHost;
  code: string;
  label?: string;
}): JSX.Element {
  const put = () =>
    host
      .ask('host.cell', { code })
      .catch(error => toast(host, asError(error).message, { tone: 'bad' }));
  return (
    <div class="lw-code-line">
      {label && <span class="lw-code-label">{label}</span>}
      <code
        class="lw-code"
        dir="ltr"
        title={code}
        tabIndex={0}
        role="textbox"
        aria-readonly="true"
        aria-label={label ?? t(host, 'The code that does the same')}
      >
        {code}
      </code>
      <IconButton
        icon="copy"
        label={t(host, 'Copy code')}
        onClick={() => void copy(host, code)}
      />
      {can(host, 'host.cell') && (
        <IconButton
          icon="cell"
          label={t(host, 'Put into a cell')}
          onClick={() => void put()}
        />
      )}
    </div>
  );
}

/** The name of a thing, which opens it where the host can. (`ref` is a word of Preact's own.) */
export function Reference({
  host,
  to,
  label,
  view
}: {
  host: IHost;
  to: string;
  label?: string;
  view?: string;
}): JSX.Element {
  const words = <bdi>{label ?? to}</bdi>;
  if (!can(host, 'host.open')) {
    return (
      <span class="lw-reference" title={to}>
        {words}
      </span>
    );
  }
  const open = () =>
    host
      .ask('host.open', view ? { ref: to, view } : { ref: to })
      .catch(error => toast(host, asError(error).message, { tone: 'bad' }));
  return (
    <button
      type="button"
      class="lw-reference lw-link"
      title={t(host, 'Open %1', to)}
      draggable
      onDragStart={event => event.dataTransfer?.setData('text/plain', to)}
      onClick={() => void open()}
    >
      {words}
    </button>
  );
}
