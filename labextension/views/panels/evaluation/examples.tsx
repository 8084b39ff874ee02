import type { IHost } from '../../host';
import {
  Button,
  Chip,
  ErrorBox,
  format,
  SearchBox,
  t,
  useMemo,
  useRef,
  useSize,
  VirtualTable,
  type IColumn,
  type JSX
} from '../../kit';
import { Broken, Changed, Shown } from '../answers/texts';
import { OutcomeMark, outcomeWords } from './outcomes';
import type { IChosen, IRows } from './rows';
import type { IExample, IReport, Outcome } from './types';

const LINES = 2;

interface IExamplesProps {
  host: IHost;
  report: IReport;
  chosen: IChosen;
  choose: (change: Partial<IChosen>) => void;
  rows: IRows;
  onOpen: (row: IExample, index: number) => void;
  onFocus: (row: IExample | undefined, index: number) => void;
}

/** The single rows, what changed first, with filters over them. */
export function Examples(props: IExamplesProps): JSX.Element {
  const { host, report, chosen, choose, rows } = props;
  const place = useRef<HTMLDivElement>(null);
  const { width } = useSize(place);
  const columns = useMemo(
    () => exampleColumns(host, report, chosen.metric, width),
    [host, report, chosen.metric, width]
  );
  return (
    <div class="lw-evaluation-examples">
      <Filters {...props} />
      {rows.error && <ErrorBox error={rows.error} again={rows.again} />}
      <div class="lw-answers" ref={place}>
        {width > 0 && (
          <VirtualTable<IExample>
            label={t(host, 'Examples')}
            name="examples"
            columns={columns}
            total={rows.total}
            fetch={rows.fetch}
            version={rows.version}
            rowKey={row => String(row.place)}
            rowHeight={LINES * 18 + 10}
            sort={chosen.order.key === 'change' ? null : chosen.order}
            onSort={order =>
              choose({ order: order ?? { key: 'change', descending: false } })
            }
            onOpen={props.onOpen}
            onFocusRow={props.onFocus}
            empty={t(host, 'No row is like this')}
          />
        )}
      </div>
    </div>
  );
}

function Filters({
  host,
  report,
  chosen,
  choose,
  rows
}: IExamplesProps): JSX.Element {
  const { outcomes, metric } = chosen;
  const group = useRef<HTMLDivElement>(null);
  const shown = report.outcomes.filter(
    name => report.baseline || (name !== 'up' && name !== 'down')
  );
  const toggle = (name: Outcome) =>
    choose({
      outcomes: outcomes.includes(name)
        ? outcomes.filter(one => one !== name)
        : [...outcomes, name]
    });
  return (
    <div class="lw-bar">
      <div
        class="lw-bar-choices"
        role="group"
        aria-label={t(host, 'Rows to show')}
        ref={group}
      >
        {shown.map(name => {
          const [word, title] = outcomeWords(host, report, metric, name);
          return (
            <Button
              key={name}
              kind="quiet"
              title={title}
              pressed={outcomes.includes(name)}
              onClick={() => toggle(name)}
              label={
                <>
                  {word}
                  <span class="lw-bar-count">
                    {rows.counts ? format.count(rows.counts[name]) : ''}
                  </span>
                </>
              }
            />
          );
        })}
      </div>
      {chosen.column && (
        <Chip
          tone="accent"
          label={`${chosen.column} = ${chosen.value || t(host, '(empty)')}`}
          onRemove={() => {
            // The chip goes away with its button; the keyboard stays in the panel.
            group.current?.querySelector('button')?.focus();
            choose({ column: '', value: '' });
          }}
        />
      )}
      <SearchBox
        label={t(host, 'Search questions and answers')}
        value={chosen.search}
        onSearch={search => choose({ search })}
      />
    </div>
  );
}

function exampleColumns(
  host: IHost,
  report: IReport,
  metric: string,
  width: number
): IColumn<IExample>[] {
  const lines = { '--lw-lines': LINES };
  const facts = report.facts.find(one => one.name === metric);
  // What is left of the outcome, the scores and the rows' numbers goes to the texts.
  const left = width - 180 - (report.baseline ? 190 : 102);
  const text = (value: string | null | undefined, muted = false) => (
    <div class="lw-answer" style={lines}>
      <Shown host={host} text={value ?? null} muted={muted} />
    </div>
  );
  const columns: IColumn<IExample>[] = [
    {
      key: 'outcome',
      label: t(host, 'Outcome'),
      sortable: false,
      width: 120,
      render: (_, row) => (
        <OutcomeMark
          host={host}
          report={report}
          metric={metric}
          outcome={report.outcomes[row.outcome]}
        />
      ),
      text: (_, row) => report.outcomes[row.outcome]
    },
    {
      key: 'row',
      label: report.inputs.join(' · ') || t(host, 'Asked'),
      title: t(host, 'What the prompt shows of the row'),
      width: Math.max(160, Math.round(left * 0.46)),
      value: row => row.text,
      render: (_, row) => text(row.text)
    },
    {
      key: 'expected',
      label: report.target,
      title: t(host, 'The right answer, from the column %1', report.target),
      sortable: false,
      width: Math.max(96, Math.round(left * 0.18)),
      render: (_, row) => text(row.expected, true)
    },
    {
      key: 'answer',
      label: report.baseline
        ? t(host, 'Baseline → candidate')
        : t(host, 'Answer'),
      title: report.baseline
        ? t(host, 'Word by word, from %1 to %2', report.baseline, report.model)
        : report.model,
      sortable: false,
      width: Math.max(180, Math.round(left * 0.36)),
      render: (_, row) => (
        <div class="lw-answer" style={lines}>
          <Answered host={host} report={report} row={row} />
        </div>
      )
    }
  ];
  const scores: IColumn<IExample>[] = [
    {
      key: 'score',
      label: facts?.name,
      title: [facts?.help, t(host, 'The score of %1', report.model)].join('\n'),
      kind: 'number',
      width: 96
    }
  ];
  if (report.baseline) {
    scores.unshift({
      key: 'base_score',
      label: t(host, 'baseline'),
      title: t(host, 'The score of %1', report.baseline),
      kind: 'number',
      width: 88
    });
  }
  return [...columns, ...scores];
}

/** What was said; with a baseline what changed, word by word. */
function Answered({
  host,
  report,
  row
}: {
  host: IHost;
  report: IReport;
  row: IExample;
}): JSX.Element {
  const { answer, error, base } = row;
  const broken = error ?? (report.baseline ? row.base_error : null);
  if (answer === null || (report.baseline && typeof base !== 'string')) {
    return broken ? (
      <Broken error={broken} />
    ) : (
      <Shown host={host} text={answer} />
    );
  }
  if (typeof base !== 'string' || base === answer) {
    return <Shown host={host} text={answer} />;
  }
  return <Changed before={base} after={answer} />;
}
