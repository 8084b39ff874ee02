import * as kit from '../..';
import type { JSX } from '../..';
import type { IHost } from '../../../host';
import { HOSTILE, SIX } from '../contents';
import { Section } from './section';

const STATES =
  'running done failed interrupted paused queued cancelled stale passed blocked other';

function Breaks(): JSX.Element {
  throw new Error('this part breaks on purpose');
}

export function StatesPage({ host }: { host: IHost }): JSX.Element {
  const [breaks, destroy] = kit.useState(false);
  const slow = kit.useAsk(host, 'slow');
  return (
    <>
      <Section title="StatusMark">
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '4px 16px' }}>
          {STATES.split(' ').map(state => (
            <kit.StatusMark key={state} state={state} />
          ))}
        </div>
      </Section>
      <Section title="Notice">
        <kit.Notice icon="filter">
          A sample of 10,000 of 1,204,331 rows.
        </kit.Notice>
        <kit.Notice tone="warn" action={<kit.Button label="Show" />}>
          12 new rows
        </kit.Notice>
      </Section>
      <Section title="Badge">
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '4px 24px' }}>
          <kit.Badge value={0.8713} lower={0.831} upper={0.911} n={40} />
          <kit.Badge
            value={0.8713}
            lower={0.61}
            upper={0.89}
            n={40}
            failed={3}
          />
          <kit.Badge value={12345.678} />
          <kit.Badge value={0.0000123} lower={0.00001} upper={0.000014} />
          <kit.Badge value={1.234} as="seconds" lower={1.1} upper={1.5} />
          <kit.Badge value={null} n={0} />
        </div>
      </Section>
      <Section title="Difference">
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '4px 24px' }}>
          <kit.Difference
            value={0.25}
            lower={0.12}
            upper={0.38}
            p={0.001}
            better="higher"
            scale={0.5}
          />
          <kit.Difference
            value={-0.09}
            lower={-0.16}
            upper={-0.02}
            p={0.01}
            better="higher"
            scale={0.5}
          />
          <kit.Difference
            value={0.04}
            lower={-0.03}
            upper={0.11}
            p={0.3}
            better="higher"
            scale={0.5}
          />
          <kit.Difference
            value={-0.4}
            lower={-0.6}
            upper={-0.2}
            better="lower"
            scale={0.5}
          />
          <kit.Difference value={null} />
        </div>
      </Section>
      <Section title="ProgressBar">
        <kit.ProgressBar done={128} total={200} eta={70} label="Steps" />
        <kit.ProgressBar done={1234} total={null} label="Rows" />
      </Section>
      <Section title="Sparkline">
        <kit.Sparkline
          label="loss"
          values={[3, 2.4, 2, null, 1.7, 1.6, 1.55, 1.5]}
        />{' '}
        <kit.Sparkline label="flat" values={[2, 2, 2]} colour={2} />{' '}
        <kit.Sparkline label="nothing" values={[]} />
      </Section>
      <Section title="Empty">
        <kit.Empty
          title="No labels yet"
          hint="Answers appear here as soon as somebody labels a row of this queue."
          action={<kit.Button kind="primary" label="Start labelling" />}
        />
      </Section>
      <Section title="ErrorBox">
        <kit.ErrorBox
          error={Object.assign(
            new Error(
              "dataset 'revies' does not exist; did you mean 'reviews'?"
            ),
            { detail: 'Traceback (most recent call last):\n  …\nNotFoundError' }
          )}
          again={() => undefined}
        />
        <br />
        <kit.ErrorBox error={HOSTILE.join(' ')} />
      </Section>
      <Section title="Skeleton">
        {slow.loading && <kit.Skeleton lines={3} />}
      </Section>
      <Section title="Boundary">
        {breaks ? (
          <Breaks />
        ) : (
          <kit.Button
            kind="danger"
            label="Break"
            onClick={() => destroy(true)}
          />
        )}
      </Section>
      <Section title="Figures">
        <kit.Figures
          items={Object.entries(SIX).map(([name, text]) => ({
            label: name,
            value: kit.clipped(text, 60)
          }))}
        />
      </Section>
    </>
  );
}
