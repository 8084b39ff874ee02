import * as kit from '../..';
import type { JSX } from '../..';
import type { IHost } from '../../../host';
import { SIX } from '../contents';
import { Section } from './section';

const STEPS = Array.from({ length: 400 }, (_, at) => at);
const LOSS = STEPS.map(
  at =>
    2.4 * Math.exp(-at / 90) +
    0.35 +
    0.12 * Math.sin(at * 1.7) * Math.exp(-at / 200)
);
const EVALS = [50, 100, 150, 200, 250, 300, 350];

export function ChartsPage({ host }: { host: IHost }): JSX.Element {
  const [opened, open] = kit.useState('');
  const series = kit.useMemo(
    () => [
      { name: 'train loss', x: STEPS, y: LOSS },
      {
        name: 'eval loss',
        x: EVALS,
        y: EVALS.map(at => LOSS[at] + 0.1),
        lower: EVALS.map(at => LOSS[at] + 0.02),
        upper: EVALS.map(at => LOSS[at] + 0.18),
        points: true
      },
      {
        name: SIX.arabic,
        x: STEPS,
        y: STEPS.map(at => (at > 100 && at < 140 ? null : 1 + at / 400)),
        lower: STEPS.map(at => (at > 100 && at < 140 ? null : 0.9 + at / 400)),
        upper: STEPS.map(at => (at > 100 && at < 140 ? null : 1.1 + at / 400))
      }
    ],
    []
  );
  return (
    <>
      <Section title="LineChart">
        <kit.LineChart
          series={series}
          xLabel="step"
          yLabel="loss"
          until={500}
          marks={[
            { x: 100, label: 'checkpoint 1' },
            { x: 200, label: 'checkpoint 2' }
          ]}
        />
      </Section>
      <Section title="LineChart empty">
        <kit.LineChart series={[]} xLabel="step" yLabel="loss" height={120} />
      </Section>
      <Section title="Palette">
        <kit.LineChart
          height={160}
          xLabel="epoch"
          yLabel="tokens/s"
          series={Array.from({ length: 10 }, (_, line) => ({
            name: `series ${line + 1}`,
            x: [0, 1, 2, 3],
            y: [0, 1, 2, 3].map(at => 1000 * (line + 1) + at * 300 * (line % 3))
          }))}
        />
      </Section>
      <Section title="ForestPlot">
        <kit.ForestPlot
          label="candidate against baseline"
          sides={['baseline', 'candidate']}
          onOpen={row => open(row.label)}
          rows={[
            {
              label: 'exact match',
              value: 0.25,
              lower: 0.12,
              upper: 0.38,
              p: 0.001,
              n: 40,
              better: 'higher'
            },
            {
              label: 'rougeL',
              value: 0.04,
              lower: -0.03,
              upper: 0.11,
              p: 0.3,
              n: 40,
              better: 'higher'
            },
            {
              label: SIX.chinese,
              value: -0.1,
              lower: -0.18,
              upper: -0.02,
              p: 0.02,
              n: 12,
              better: 'higher'
            },
            { label: SIX.long.slice(0, 120), value: null, n: 0 }
          ]}
        />
        <div>{opened}</div>
      </Section>
      <Section title="SmallTable">
        <kit.SmallTable
          label="Slices"
          columns={[
            { key: 'slice' },
            { key: 'n', kind: 'number' },
            { key: 'score', kind: 'number' },
            { key: 'text' }
          ]}
          rows={Object.entries(SIX).map(([slice, text], at) => ({
            slice,
            n: 10 * at,
            score: 1 / (at + 1),
            text
          }))}
        />
      </Section>
      <Section title="CodeLine">
        <kit.CodeLine host={host} code="lw.evaluate(model='a@1', data='b@2')" />
      </Section>
    </>
  );
}
