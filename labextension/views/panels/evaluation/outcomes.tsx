import type { IHost } from '../../host';
import { t, type JSX } from '../../kit';
import type { IReport, Outcome } from './types';

/** How an outcome is called: right and wrong, or better and worse where scores are no yes or no. */
export function outcomeWords(
  host: IHost,
  report: IReport,
  metric: string,
  outcome: Outcome
): [string, string] {
  const facts = report.facts.find(one => one.name === metric);
  const plain = facts?.kind === 'proportion';
  if (outcome === 'failed') {
    return [t(host, 'Not scored'), t(host, 'One of the answers has no score')];
  }
  if (!report.baseline) {
    return outcome === 'right'
      ? [t(host, 'Right'), t(host, 'The best score of %1', metric)]
      : [t(host, 'Wrong'), t(host, 'Below the best score of %1', metric)];
  }
  const words: { [name in Outcome]?: [string, string] } = plain
    ? {
        up: [t(host, 'Fixed'), t(host, 'The baseline was wrong here')],
        down: [t(host, 'Broken'), t(host, 'The baseline was right here')],
        wrong: [t(host, 'Both wrong'), ''],
        right: [t(host, 'Both right'), '']
      }
    : {
        up: [t(host, 'Better'), t(host, 'A better score than the baseline')],
        down: [t(host, 'Worse'), t(host, 'A worse score than the baseline')],
        wrong: [t(host, 'Unchanged'), t(host, 'The same score, not the best')],
        right: [t(host, 'Both best'), t(host, 'Both have the best score')]
      };
  return words[outcome] ?? ['', ''];
}

const LOOKS: { [name in Outcome]: [string, string] } = {
  up: ['▲', 'good'],
  down: ['▼', 'bad'],
  wrong: ['✗', 'calm'],
  right: ['✓', 'calm'],
  failed: ['⚠', 'warn']
};

/** An outcome as a sign and a word. */
export function OutcomeMark({
  host,
  report,
  metric,
  outcome
}: {
  host: IHost;
  report: IReport;
  metric: string;
  outcome: Outcome;
}): JSX.Element {
  const [word, title] = outcomeWords(host, report, metric, outcome);
  const [sign, tone] = LOOKS[outcome];
  return (
    <span class={`lw-outcome lw-tone-${tone}`} title={title}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
}
