import type { IKey } from '../keys';

/** The grid's own keys, for the `?` sheet. */
export function tableKeys(tr: (text: string) => string): IKey[] {
  const group = tr('Table');
  return [
    ['ArrowUp ArrowDown ArrowLeft ArrowRight', tr('From cell to cell')],
    ['PageUp PageDown', tr('A page up or down')],
    ['Home End', tr('First or last column')],
    ['Ctrl+Home Ctrl+End', tr('First or last row')],
    ['Enter', tr('Open the row, or sort by the column')],
    ['Space', tr('Choose the row')],
    ['Shift+↑ Shift+↓', tr('Choose several rows')],
    ['Ctrl+C', tr('Copy the chosen rows, or the cell')],
    ['Shift+← Shift+→', tr('On a header: change the width')]
  ].map(([keys, label]) => ({ keys, label, group }));
}
