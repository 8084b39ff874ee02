import * as kit from '../..';
import type { JSX, Row } from '../..';
import type { IHost } from '../../../host';
import { fetchRows } from '../rows';

const COLUMNS: kit.IColumn<Row>[] = [
  { key: 'text', title: 'What the customer wrote', width: 360 },
  { key: 'label', width: 120 },
  { key: 'tokens', kind: 'number', title: 'Counted by the model’s tokenizer' },
  { key: 'score', kind: 'number' },
  { key: 'when', width: 200 },
  { key: 'tags', width: 160, sortable: false },
  { key: 'id', width: 120 },
  ...Array.from({ length: 40 }, (_, at) => ({
    key: `wide${at}`,
    value: (row: Row) => `${String(row.id)}/${at}`
  }))
];

export function TablePage({ host }: { host: IHost }): JSX.Element {
  const total = host.state.get<number>('total') ?? 1_000_000;
  const delay = host.state.get<number>('delay') ?? 20;
  return (
    <div
      style={{
        display: 'flex',
        flexDirection: 'column',
        flex: 1,
        minHeight: '360px'
      }}
    >
      <kit.VirtualTable
        label="Rows of reviews@3"
        name="gallery"
        columns={COLUMNS}
        total={total}
        fetch={fetchRows(total, delay)}
        rowKey={row => String(row.id)}
      />
    </div>
  );
}
