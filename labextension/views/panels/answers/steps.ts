import type { IHost } from '../../host';
import { t, type IKey } from '../../kit';
import type { IRows } from './rows';

/** Whose details are shown: its row among those shown, and in the data. */
interface IPlaced {
  index: number;
  place: number;
}

/** The keys that go on to the details of the next row, and back to those of the row before. */
export function stepKeys<O extends IPlaced, R extends { place: number }, C>(
  host: IHost,
  rows: IRows<R, C>,
  opened: O | null,
  open: (next: O) => void
): IKey[] {
  const step = async (by: number) => {
    const at = (opened?.index ?? -1) + by;
    if (!opened || at < 0 || at >= rows.total) {
      return;
    }
    const { signal } = new AbortController();
    const [row] = await rows.fetch(at, at + 1, { signal });
    if (row) {
      open({ ...opened, index: at, place: row.place });
    }
  };
  return [
    {
      keys: 'n',
      label: t(host, 'Details of the next row'),
      run: () => void step(1)
    },
    {
      keys: 'p',
      label: t(host, 'Details of the row before'),
      run: () => void step(-1)
    }
  ];
}
