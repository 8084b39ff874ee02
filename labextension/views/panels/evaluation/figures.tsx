import type { IHost } from '../../host';
import {
  Badge,
  Difference,
  format,
  Reference,
  t,
  type IFigure,
  type JSX
} from '../../kit';
import type { IReport } from './types';

/** The figures that answer how good it is, and whether that is better. */
export function figures(host: IHost, report: IReport): IFigure[] {
  if (report.n === null) {
    return [];
  }
  const first = report.facts[0];
  const score = first && report.metrics[first.name];
  const pair = first && report.paired[first.name];
  const found: (IFigure | false)[] = [
    score && {
      label: first.name,
      value: (
        <Badge value={score.value} lower={score.lower} upper={score.upper} />
      )
    },
    pair && {
      label: t(host, 'to the baseline'),
      value: (
        <Difference
          value={pair.difference}
          lower={pair.lower}
          upper={pair.upper}
          better={first.higher ? 'higher' : 'lower'}
        />
      )
    },
    { label: t(host, 'rows'), value: format.count(report.n) },
    report.failed > 0 && {
      label: t(host, 'failed'),
      value: format.count(report.failed),
      title: t(
        host,
        'Rows that could not be answered or have no right answer; they are in no score'
      ),
      tone: 'bad'
    },
    report.baseline_failed > 0 && {
      label: t(host, 'failed for the baseline'),
      value: format.count(report.baseline_failed),
      tone: 'bad'
    },
    report.cached > 0 && {
      label: t(host, 'cached'),
      value: format.count(report.cached),
      title: t(host, 'Answers that were known already; nobody was asked')
    },
    { label: t(host, 'in all'), value: format.seconds(report.seconds) },
    {
      label: t(host, 'data'),
      value: <Name host={host} to={report.data} />
    },
    report.baseline !== null && {
      label: t(host, 'baseline'),
      value: <Name host={host} to={report.baseline} />
    },
    report.prompt !== null && {
      label: t(host, 'prompt'),
      value: <Name host={host} to={report.prompt} />
    }
  ];
  return found.filter(figure => figure !== false);
}

/** A reference by its name, without its kind. */
function Name({ host, to }: { host: IHost; to: string }): JSX.Element {
  return (
    <Reference host={host} to={to} label={to.slice(to.indexOf(':') + 1)} />
  );
}
