import type { IHost } from '../host';

/** Put values into the places `%1`, `%2` … of a text. */
export function fill(text: string, args: readonly unknown[]): string {
  return args.length === 0
    ? text
    : text.replace(/%(\d)/g, (place, number: string) => {
        const index = Number(number) - 1;
        return index >= 0 && index < args.length ? String(args[index]) : place;
      });
}

/** Translate a text into the host's language; places are `%1`, `%2` … */
export function t(host: IHost, text: string, ...args: unknown[]): string {
  const messages = host.state.get<{ [message: string]: string }>('$messages');
  const found =
    messages && Object.prototype.hasOwnProperty.call(messages, text)
      ? messages[text]
      : undefined;
  return fill(found || text, args);
}
