import type { IHost } from '../../host';
import {
  Badge,
  can,
  Difference,
  format,
  Menu,
  t,
  type IMenuItem,
  type JSX
} from '../../kit';
import { openForm } from '../answers/acts';
import type { IMetric } from '../answers/types';
import type { IReport, IVariant } from './types';

/** What stands over a variant's answers: its score, its difference to the first, its cost. */
export function VariantHead({
  host,
  report,
  at,
  metric
}: {
  host: IHost;
  report: IReport;
  at: number;
  metric: string;
}): JSX.Element {
  const variant = report.variants[at];
  const facts = report.metrics.find(one => one.name === metric);
  const best = report.best[metric];
  return (
    <div class="lw-variant">
      <div class="lw-variant-score">
        {best?.variant === at && (
          <span
            class={best.sure ? 'lw-mark-star' : 'lw-null'}
            role="img"
            aria-label={t(host, 'best score')}
            title={
              best.sure
                ? t(host, 'The best score, and more than chance')
                : t(host, 'The best score, but it may be chance')
            }
          >
            ★
          </span>
        )}
        {facts && <Score host={host} variant={variant} at={at} facts={facts} />}
      </div>
      <div class="lw-variant-cost">
        <span title={costsInFull(host, variant)}>{costs(host, variant)}</span>
        <Uses host={host} variant={variant} />
      </div>
    </div>
  );
}

function Score({
  host,
  variant,
  at,
  facts
}: {
  host: IHost;
  variant: IVariant;
  at: number;
  facts: IMetric;
}): JSX.Element {
  const score = variant.metrics[facts.name];
  const pair = variant.paired[facts.name];
  return (
    <>
      <Badge
        value={score?.value}
        lower={score?.lower}
        upper={score?.upper}
        title={[facts.name, facts.help, score?.method, ...(score?.notes ?? [])]
          .filter(Boolean)
          .join('\n')}
      />
      {pair ? (
        <Difference
          value={pair.difference}
          p={variant.adjusted_p[facts.name]}
          better={facts.higher ? 'higher' : 'lower'}
          title={[
            t(host, 'Difference to the first variant on %1 rows', pair.n),
            t(
              host,
              'interval %1 to %2',
              format.signed(pair.lower),
              format.signed(pair.upper)
            ),
            pair.method,
            t(host, 'p is corrected for the number of comparisons')
          ].join('\n')}
        />
      ) : (
        at === 0 && <span class="lw-null">{t(host, 'baseline')}</span>
      )}
    </>
  );
}

function costs(host: IHost, variant: IVariant): string {
  return [
    variant.p50_seconds === null
      ? t(host, 'cached')
      : t(host, 'p50 %1', format.seconds(variant.p50_seconds)),
    variant.new_tokens > 0
      ? t(host, '%1 tokens', format.tokens(variant.new_tokens))
      : '',
    variant.failed > 0 ? t(host, '%1 failed', format.count(variant.failed)) : ''
  ]
    .filter(Boolean)
    .join(' · ');
}

function costsInFull(host: IHost, variant: IVariant): string {
  return [
    variant.p50_seconds === null
      ? t(host, 'Every answer was known already, so that no time was measured')
      : t(
          host,
          'Half of the answers took less than %1, 95 of 100 less than %2, in their batches',
          format.seconds(variant.p50_seconds),
          format.seconds(variant.p95_seconds)
        ),
    t(
      host,
      '%1 tokens of prompts, %2 of answers',
      format.count(variant.prompt_tokens),
      format.count(variant.new_tokens)
    ),
    t(host, '%1 failed, %2 cached', variant.failed, variant.cached)
  ].join('\n');
}

/** What can be done with a variant; which operations there are the Python side says. */
function Uses({
  host,
  variant
}: {
  host: IHost;
  variant: IVariant;
}): JSX.Element | null {
  const words: { [operation: string]: string } = {
    evaluate: t(host, 'Evaluate it on other rows'),
    tune: t(host, 'Tune with this prompt'),
    prompt: t(host, 'Write the next version')
  };
  const forms: IMenuItem[] = can(host, 'host.form')
    ? Object.entries(variant.uses).map(([operation, given]) => ({
        label: words[operation] ?? operation,
        hint: operation,
        onSelect: () => openForm(host, operation, given)
      }))
    : [];
  const opens: IMenuItem[] = can(host, 'host.open')
    ? [variant.prompt, variant.model].map(ref => ({
        label: t(host, 'Open %1', ref),
        icon: 'link' as const,
        onSelect: () => void host.ask('host.open', { ref })
      }))
    : [];
  if (forms.length + opens.length === 0) {
    return null;
  }
  return (
    // The header sorts when it is pressed; the menu in it does not.
    <span class="lw-variant-menu" onClick={event => event.stopPropagation()}>
      <Menu
        label={t(host, 'Use this prompt')}
        icon="menu"
        bare
        items={[...forms, ...opens]}
      />
    </span>
  );
}
