import type { IHost, Json } from '../../host';
import { asError, toast } from '../../kit';

/** Open the form of an operation, filled in. */
export function openForm(
  host: IHost,
  operation: string,
  given: { [name: string]: Json }
): void {
  host
    .ask('host.form', { operation, arguments: given })
    .catch((error: unknown) =>
      toast(host, asError(error).message, { tone: 'bad' })
    );
}

/** What a reference is called, and which version of it: `reviews` and `1#test`. */
export function named(ref: string): { name: string; version: string } {
  const body = ref.slice(ref.indexOf(':') + 1);
  const at = body.indexOf('@');
  if (at < 0) {
    return { name: body, version: '' };
  }
  const version = body
    .slice(at + 1)
    .replace(/(sha256-[0-9a-f]{8})[0-9a-f]+/, '$1…');
  return { name: body.slice(0, at), version };
}

/** The part of a name that tells it from its like: `org/model` is `model`, `callable:m:f` is `f`. */
export function shortName(ref: string): string {
  const { name, version } = named(ref);
  const last = name.split(/[:/]/).filter(Boolean).pop() ?? name;
  return version ? `${last}@${version}` : last || ref;
}
