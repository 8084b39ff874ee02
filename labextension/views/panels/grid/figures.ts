import type { IHost } from '../../host';
import { format, t, type IFigure } from '../../kit';
import type { IReport } from './types';

/** The figures that answer what was compared, and whether anything differs. */
export function figures(host: IHost, report: IReport): IFigure[] {
  if (report.variants.length === 0) {
    return [];
  }
  const found: IFigure[] = [
    {
      label: t(host, 'answers'),
      value: format.count(report.calls),
      title: t(
        host,
        '%1 prompts × %2 models × %3 rows',
        report.prompts,
        report.models,
        report.n
      )
    },
    {
      label: t(
        host,
        'prompts × %1 models × %2 rows',
        format.count(report.models),
        format.count(report.n)
      ),
      value: format.count(report.prompts)
    }
  ];
  if (report.cached > 0) {
    found.push({
      label: t(host, 'cached'),
      value: format.count(report.cached),
      title: t(host, 'Answers that were known already; nobody was asked')
    });
  }
  if (report.failed > 0) {
    found.push({
      label: t(host, 'failed'),
      value: format.count(report.failed),
      title: t(host, 'Calls without an answer; they are in no score'),
      tone: 'bad'
    });
  }
  found.push({
    label: t(host, 'in all'),
    value: format.seconds(report.seconds)
  });
  if (report.metrics.length > 0 && report.variants.length > 1) {
    found.push(verdict(host, report));
  }
  return found;
}

function verdict(host: IHost, report: IReport): IFigure {
  const needed = Object.values(report.more_rows);
  return {
    label: report.differs
      ? t(host, 'differs by more than chance')
      : needed.length > 0
        ? t(
            host,
            'differs by more than chance; about %1 rows would show it',
            format.count(Math.min(...needed))
          )
        : t(host, 'differs by more than chance'),
    value: report.differs ? t(host, 'A variant') : t(host, 'No variant'),
    title: t(
      host,
      'Paired tests against the first variant, corrected for the number of comparisons'
    )
  };
}
