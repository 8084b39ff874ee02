/**
 * Text that comes from data: it is shown as it is, and cannot do anything.
 *
 * Drawn as text it cannot run; what is left are marks that one does not see.
 */

/**
 * Write what one does not see as a picture: control characters, such as those of ANSI colours, and
 * the marks that turn letters round, with which `exe.png` is made of `gnp.exe`.
 */
export function visible(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000b-\u001f\u007f\u202d\u202e]/g,
    mark => {
      if (mark === '\r') {
        return '';
      }
      if (mark > '\u2000') {
        return mark === '\u202e' ? '⟨RLO⟩' : '⟨LRO⟩';
      }
      return String.fromCharCode(
        mark === '\u007f' ? 0x2421 : 0x2400 + mark.charCodeAt(0)
      );
    }
  );
}

/** Whether text holds marks that turn the direction of what follows. */
export function turns(text: string): boolean {
  return /[\u202a-\u202e\u2066-\u2069]/.test(text);
}
