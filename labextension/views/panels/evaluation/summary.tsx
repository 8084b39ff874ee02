import type { IHost } from '../../host';
import {
  ForestPlot,
  format,
  Reference,
  Select,
  StatusMark,
  t,
  type IForestRow,
  type JSX
} from '../../kit';
import { Part } from '../answers/texts';
import { named, shortName } from '../answers/acts';
import type { IScore } from '../answers/types';
import type { IChosen } from './rows';
import type { IGate, IReport, ISlice } from './types';

interface ISummaryProps {
  host: IHost;
  report: IReport;
  chosen: IChosen;
  choose: (change: Partial<IChosen>) => void;
}

/** How good, how much better, where not, and what gates said. */
export function Summary(props: ISummaryProps): JSX.Element {
  const { host, report } = props;
  return (
    <div class="lw-evaluation-summary">
      <Metrics {...props} />
      {report.slices.length > 0 && <Slices {...props} />}
      {Object.entries(report.scorers_failed).map(([name, reason]) => (
        <p key={name} class="lw-evaluation-note lw-tone-warn" dir="auto">
          {t(host, '%1 could not be computed: %2', name, reason)}
        </p>
      ))}
      {report.gates.map(gate => (
        <Verdict key={gate.id} host={host} gate={gate} />
      ))}
    </div>
  );
}

/** Metrics of one scale share an axis; a difference of 5 in 100 is no difference of 5 in 1. */
function scales(report: IReport): IReport['facts'][] {
  const found = new Map<number | null, IReport['facts']>();
  for (const facts of report.facts) {
    found.set(facts.highest, [...(found.get(facts.highest) ?? []), facts]);
  }
  return [...found.values()];
}

function Metrics({ host, report, choose }: ISummaryProps): JSX.Element {
  const paired = Object.keys(report.paired).length > 0;
  const sides: [string, string] = [
    t(host, '%1 is better', shortName(report.baseline ?? '')),
    t(host, '%1 is better', shortName(report.model))
  ];
  return (
    <Part
      title={paired ? t(host, 'Difference to the baseline') : t(host, 'Scores')}
    >
      {scales(report).map((metrics, at, all) => (
        <ForestPlot
          key={at}
          label={paired ? t(host, 'Differences') : t(host, 'Scores')}
          scores={!paired}
          sides={
            paired && at === all.length - 1 && metrics.every(one => one.higher)
              ? sides
              : undefined
          }
          rows={metrics.map(facts => metricRow(host, report, facts, paired))}
          onOpen={row => choose({ metric: row.label })}
        />
      ))}
    </Part>
  );
}

function scoreWords(host: IHost, score: IScore): string {
  return t(
    host,
    'score %1, %2 to %3',
    format.number(score.value),
    format.number(score.lower),
    format.number(score.upper)
  );
}

function metricRow(
  host: IHost,
  report: IReport,
  facts: IReport['facts'][number],
  paired: boolean
): IForestRow {
  const score = report.metrics[facts.name];
  const base = report.baseline_metrics[facts.name];
  const pair = report.paired[facts.name];
  const told = [
    facts.help,
    scoreWords(host, score),
    base ? t(host, 'baseline %1', format.number(base.value)) : '',
    score.method,
    pair?.method ?? '',
    ...score.notes
  ];
  const title = told.filter(Boolean).join('\n');
  const better = facts.higher ? ('higher' as const) : ('lower' as const);
  if (paired) {
    return {
      label: facts.name,
      value: pair?.difference ?? null,
      lower: pair?.lower,
      upper: pair?.upper,
      n: pair?.n,
      failed: score.failed,
      better,
      title
    };
  }
  return {
    label: facts.name,
    value: score.value,
    lower: score.lower,
    upper: score.upper,
    n: score.n,
    failed: score.failed,
    title
  };
}

function Slices({ host, report, chosen, choose }: ISummaryProps): JSX.Element {
  const facts = report.facts.find(one => one.name === chosen.metric);
  const paired = Object.keys(report.paired).length > 0;
  const sign = facts?.higher === false ? -1 : 1;
  const parts = report.slices
    .filter(part => part.metrics[chosen.metric])
    .map(part => ({ part, row: sliceRow(host, part, chosen.metric, paired) }))
    .sort((a, b) => sign * ((a.row.value ?? 0) - (b.row.value ?? 0)));
  return (
    <Part
      title={
        paired
          ? t(host, 'Parts of the rows, the most harmed first')
          : t(host, 'Parts of the rows, the worst first')
      }
      beside={
        report.facts.length > 1 && (
          <Select
            label={t(host, 'Metric')}
            value={chosen.metric}
            options={report.facts.map(one => one.name)}
            onChange={metric => choose({ metric })}
          />
        )
      }
    >
      <ForestPlot
        label={t(host, 'Parts of the rows')}
        scores={!paired}
        rows={parts.map(({ row }) => ({
          ...row,
          better: paired ? (sign > 0 ? 'higher' : 'lower') : undefined
        }))}
        onOpen={
          report.source
            ? (_, index) => {
                const { column, value } = parts[index].part;
                choose({ column, value });
              }
            : undefined
        }
      />
      {report.small_slices > 0 && (
        <p class="lw-evaluation-note lw-null">
          {t(
            host,
            '%1 smaller or better parts are left out',
            format.count(report.small_slices)
          )}
        </p>
      )}
    </Part>
  );
}

function sliceRow(
  host: IHost,
  part: ISlice,
  metric: string,
  paired: boolean
): IForestRow {
  const score = part.metrics[metric];
  const base = part.baseline_metrics[metric];
  const pair = part.paired[metric];
  const label = `${part.column} = ${part.value || t(host, '(empty)')}`;
  const title = [
    label,
    scoreWords(host, score),
    base ? t(host, 'baseline %1', format.number(base.value)) : '',
    paired ? t(host, 'p is corrected for the number of parts') : ''
  ]
    .filter(Boolean)
    .join('\n');
  return paired
    ? {
        label,
        value: pair?.difference ?? null,
        lower: pair?.lower,
        upper: pair?.upper,
        p: part.adjusted_p[metric],
        n: pair?.n ?? part.n,
        title
      }
    : {
        label,
        value: score.value,
        lower: score.lower,
        upper: score.upper,
        n: score.n,
        failed: score.failed,
        title
      };
}

/** What a gate decided, and why. */
function Verdict({ host, gate }: { host: IHost; gate: IGate }): JSX.Element {
  return (
    <Part
      title={t(host, 'Gate')}
      beside={
        <StatusMark
          state={gate.passed ? 'passed' : 'blocked'}
          label={gate.passed ? t(host, 'passed') : t(host, 'not passed')}
        />
      }
    >
      <ul class="lw-evaluation-rules">
        {gate.rules.map(rule => (
          <li key={rule.rule}>
            <span
              class={rule.passed ? 'lw-mark-good' : 'lw-mark-bad'}
              role="img"
              aria-label={rule.passed ? t(host, 'holds') : t(host, 'broken')}
            >
              {rule.passed ? '✓' : '✗'}
            </span>
            <code>{rule.rule}</code>
            <span class="lw-null">{rule.reason}</span>
          </li>
        ))}
      </ul>
      <p class="lw-evaluation-note lw-null">
        {[
          format.time(gate.created),
          gate.actor,
          gate.looks === null
            ? ''
            : t(host, 'look %1 at these rows', format.count(gate.looks))
        ]
          .filter(Boolean)
          .join(' · ')}{' '}
        {gate.run && (
          <Reference
            host={host}
            to={gate.run}
            label={named(gate.run).name.slice(0, 8)}
          />
        )}
      </p>
    </Part>
  );
}
