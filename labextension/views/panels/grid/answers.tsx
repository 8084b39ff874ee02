import type { IHost } from '../../host';
import {
  ErrorBox,
  Panel,
  t,
  useHostState,
  useMemo,
  useRef,
  useSize,
  VirtualTable,
  type IKey,
  type ISort,
  type JSX
} from '../../kit';
import shared from '../answers/answers.css';
import { stepKeys } from '../answers/steps';
import { Bar } from './bar';
import { CellDrawer, type IOpened } from './cell';
import { gridColumns } from './columns';
import css from './grid.css';
import { COLUMN, useChosen, useRows } from './rows';
import type { IGridRow, IReport } from './types';

export function Styles(): JSX.Element {
  return <style>{`${shared}\n${css}`}</style>;
}

/** The grid itself, with the details of one cell. */
export function Answers({
  host,
  report,
  frame
}: {
  host: IHost;
  report: IReport;
  frame: Omit<Parameters<typeof Panel>[0], 'children'>;
}): JSX.Element {
  const [chosen, choose] = useChosen(host, report);
  const rows = useRows(host, chosen);
  const [opened, open] = useHostState<IOpened | null>(host, 'cell', null);
  const focus = useRef<IOpened | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const { width } = useSize(place);
  const columns = useMemo(
    () => gridColumns(host, report, chosen, width),
    [host, report, chosen, width]
  );
  const cellOf = (row: IGridRow, index: number, column: string): IOpened => ({
    index,
    place: row.place,
    variant: column.startsWith(COLUMN)
      ? Number(column.slice(1))
      : (focus.current?.variant ?? 0)
  });
  const star = (cell: IOpened | null) => {
    if (!cell) {
      return;
    }
    const key = `${cell.place}/${cell.variant}`;
    const { starred } = chosen;
    choose({
      starred: starred.includes(key)
        ? starred.filter(one => one !== key)
        : [...starred, key]
    });
  };
  const beside = (by: number) =>
    opened &&
    open({
      ...opened,
      variant: Math.max(
        0,
        Math.min(report.variants.length - 1, opened.variant + by)
      )
    });
  const keys: IKey[] = [
    {
      keys: 's',
      label: t(host, 'Star the cell'),
      run: () => star(opened ?? focus.current)
    },
    ...stepKeys(host, rows, opened, open),
    {
      keys: ']',
      label: t(host, 'Details of the next variant'),
      run: () => beside(1)
    },
    {
      keys: '[',
      label: t(host, 'Details of the variant before'),
      run: () => beside(-1)
    },
    { keys: 'Enter', label: t(host, 'Open the details of a cell') }
  ];
  const sort: ISort | null = chosen.order.key.startsWith(COLUMN)
    ? chosen.order
    : null;
  return (
    <Panel
      {...frame}
      keys={keys}
      drawer={
        <CellDrawer
          host={host}
          report={report}
          opened={opened}
          starred={
            opened !== null &&
            chosen.starred.includes(`${opened.place}/${opened.variant}`)
          }
          onStar={() => star(opened)}
          onClose={() => open(null)}
        />
      }
    >
      <Styles />
      <Bar
        host={host}
        report={report}
        chosen={chosen}
        choose={choose}
        rows={rows}
      />
      {rows.error && <ErrorBox error={rows.error} again={rows.again} />}
      <div class="lw-answers" ref={place}>
        {width > 0 && (
          <VirtualTable<IGridRow>
            label={t(host, 'Answers by row and variant')}
            name="answers"
            columns={columns}
            total={rows.total}
            fetch={rows.fetch}
            version={rows.version}
            rowKey={row => String(row.place)}
            rowHeight={chosen.lines * 18 + 10}
            headHeight={84}
            sort={sort}
            onSort={next =>
              choose({ order: next ?? { key: 'row', descending: false } })
            }
            onOpen={(row, index, column) => open(cellOf(row, index, column))}
            onFocusRow={(row, index, column) => {
              focus.current = row ? cellOf(row, index, column) : null;
              if (opened && focus.current) {
                open(focus.current);
              }
            }}
            empty={t(host, 'No row is like this')}
          />
        )}
      </div>
    </Panel>
  );
}
