import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useText } from './context';
import { Icon, type IconName } from './icons';

export interface IButtonProps {
  /** `primary`: the one most likely action; `plain` when left out; `quiet`: no frame. */
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  icon?: IconName;
  label: ComponentChildren;
  title?: string;
  /** A key that does the same, shown beside the label. */
  shortcut?: string;
  disabled?: boolean;
  busy?: boolean;
  pressed?: boolean;
  onClick?: (event: MouseEvent) => void;
}

/** A button: a verb, with an icon before it if that helps. */
export function Button(props: IButtonProps): JSX.Element {
  const { kind = 'plain', icon, label, busy } = props;
  return (
    <button
      type="button"
      class={`lw-button lw-button-${kind}`}
      title={props.title}
      disabled={props.disabled}
      aria-busy={busy || undefined}
      aria-pressed={props.pressed}
      aria-keyshortcuts={props.shortcut}
      onClick={event => {
        if (!busy) {
          props.onClick?.(event);
        }
      }}
    >
      {busy ? <span class="lw-spinner" /> : icon && <Icon name={icon} />}
      <span class="lw-button-label">{label}</span>
      {props.shortcut && <kbd class="lw-kbd">{props.shortcut}</kbd>}
    </button>
  );
}

export interface IIconButtonProps {
  icon: IconName;
  /** What it does: the tooltip, and what a screen reader says. */
  label: string;
  kind?: 'quiet' | 'plain' | 'danger';
  disabled?: boolean;
  pressed?: boolean;
  expanded?: boolean;
  onClick?: (event: MouseEvent) => void;
}

/** A button that is only an icon; its label is the tooltip. */
export function IconButton(props: IIconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class={`lw-icon-button lw-button-${props.kind ?? 'quiet'}`}
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      disabled={props.disabled}
      onClick={event => props.onClick?.(event)}
    >
      <Icon name={props.icon} />
    </button>
  );
}

export interface IFieldProps {
  label: string;
  help?: ComponentChildren;
  /** The sentence that says what is wrong with the value. */
  error?: string;
  required?: boolean;
  /** Draws the control; it must take the id, so that the label belongs to it. */
  children: (id: string, described: string | undefined) => ComponentChildren;
}

/** A labelled control with its help and its error. */
export function Field(props: IFieldProps): JSX.Element {
  const id = useId();
  const help = `${id}-help`;
  const told = props.help || props.error ? help : undefined;
  return (
    <div class={`lw-field${props.error ? ' lw-invalid' : ''}`}>
      <label class="lw-field-label" for={id}>
        {props.label}
        {props.required && <span aria-hidden="true"> *</span>}
      </label>
      {props.children(id, told)}
      {told && (
        <div class="lw-field-help" id={help}>
          {props.error ? (
            <span class="lw-field-error">
              <Icon name="warning" size={12} /> {props.error}
            </span>
          ) : (
            props.help
          )}
        </div>
      )}
    </div>
  );
}

export interface IOption {
  value: string;
  label?: string;
  disabled?: boolean;
}

export interface ISelectProps {
  label: string;
  /** Whether the label is written before the control, or only said. */
  labelled?: boolean;
  id?: string;
  described?: string;
  value: string;
  options: readonly (IOption | string)[];
  disabled?: boolean;
  onChange: (value: string) => void;
}

/** A choice of one among few. */
export function Select(props: ISelectProps): JSX.Element {
  const given = useId();
  const id = props.id ?? given;
  const select = (
    <select
      id={id}
      class="lw-select"
      aria-label={props.labelled ? undefined : props.label}
      aria-describedby={props.described}
      value={props.value}
      disabled={props.disabled}
      onChange={event => props.onChange(event.currentTarget.value)}
    >
      {props.options.map(given => {
        const option = typeof given === 'string' ? { value: given } : given;
        return (
          <option
            key={option.value}
            value={option.value}
            disabled={option.disabled}
          >
            {option.label ?? option.value}
          </option>
        );
      })}
    </select>
  );
  return props.labelled ? (
    <label class="lw-labelled" for={id}>
      <span>{props.label}</span>
      {select}
    </label>
  ) : (
    select
  );
}

export interface ISearchBoxProps {
  label: string;
  value: string;
  placeholder?: string;
  /** Milliseconds of quiet before it searches; Enter searches at once. */
  delay?: number;
  /** Whether `/` anywhere in the panel goes here; true when left out. */
  slash?: boolean;
  onSearch: (text: string) => void;
}

/** A box to search in; `/` goes to it, Esc empties it. */
export function SearchBox(props: ISearchBoxProps): JSX.Element {
  const { value, delay = 150, onSearch } = props;
  const tr = useText();
  const [text, write] = useState(value);
  const timer = useRef<number>();
  const newest = useRef(onSearch);
  newest.current = onSearch;
  useEffect(() => write(value), [value]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const say = (next: string, wait: number) => {
    write(next);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => newest.current(next), wait);
  };
  return (
    <div class="lw-search" role="search">
      <Icon name="search" />
      <input
        type="text"
        inputMode="search"
        class="lw-search-input"
        aria-label={props.label}
        placeholder={props.placeholder ?? props.label}
        dir="auto"
        autoComplete="off"
        spellcheck={false}
        value={text}
        data-lw-slash={props.slash === false ? undefined : ''}
        onInput={event => say(event.currentTarget.value, delay)}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            say(text, 0);
          } else if (event.key === 'Escape' && text !== '') {
            event.stopPropagation();
            say('', 0);
          }
        }}
      />
      {text !== '' && (
        <IconButton
          icon="close"
          label={tr('Clear')}
          onClick={() => say('', 0)}
        />
      )}
    </div>
  );
}

export interface IChipProps {
  label: ComponentChildren;
  title?: string;
  tone?: 'plain' | 'accent';
  onRemove?: () => void;
  onClick?: () => void;
}

/** A small word that can be taken away: a filter, a tag. */
export function Chip(props: IChipProps): JSX.Element {
  const tr = useText();
  const words =
    typeof props.label === 'string' ? props.label : (props.title ?? '');
  return (
    <span
      class={`lw-chip lw-chip-${props.tone ?? 'plain'}`}
      title={props.title}
    >
      {props.onClick ? (
        <button
          type="button"
          class="lw-chip-text"
          onClick={() => props.onClick?.()}
        >
          <bdi>{props.label}</bdi>
        </button>
      ) : (
        <bdi class="lw-chip-text">{props.label}</bdi>
      )}
      {props.onRemove && (
        <button
          type="button"
          class="lw-chip-remove"
          aria-label={tr('Remove %1', words)}
          title={tr('Remove %1', words)}
          onClick={() => props.onRemove?.()}
        >
          <Icon name="close" size={12} />
        </button>
      )}
    </span>
  );
}
