import type { Client } from './client';

/** Translations of what the server and the panels say, which JupyterLab's translator cannot list. */
export class Messages {
  constructor(
    private readonly client: Client,
    /** Such as `en` or `zh-CN`. */
    readonly locale: string
  ) {}

  /** Settles when they have been loaded, or could not be. */
  get ready(): Promise<void> {
    return (this.loading ??= this.load());
  }

  /** By message; empty in English. */
  table: { [message: string]: string } = {};

  /** Translate a text that came from the server. */
  say(text: string): string {
    return Object.hasOwn(this.table, text) ? this.table[text] : text;
  }

  private async load(): Promise<void> {
    if (/^en\b/.test(this.locale)) {
      return;
    }
    try {
      this.table = await this.client.get('messages', { locale: this.locale });
    } catch {
      // Without the extension of the server there is nothing to translate.
    }
  }

  private loading?: Promise<void>;
}
