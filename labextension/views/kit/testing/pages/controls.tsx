import * as kit from '../..';
import type { JSX } from '../..';
import type { IHost } from '../../../host';
import { SIX } from '../contents';
import { Section } from './section';

const ROW = {
  display: 'flex',
  flexWrap: 'wrap',
  gap: '8px',
  alignItems: 'center'
};

export function ControlsPage({ host }: { host: IHost }): JSX.Element {
  const [found, search] = kit.useState('');
  const [value, choose] = kit.useState('accuracy');
  const [asks, ask] = kit.useState(false);
  const [chips, keep] = kit.useState(Object.entries(SIX));
  return (
    <>
      <Section title="Button">
        <div style={ROW}>
          <kit.Button kind="primary" icon="play" label="Start tuning" />
          <kit.Button icon="tag" label="Tag" shortcut="g" />
          <kit.Button kind="quiet" label="Whole range" />
          <kit.Button
            kind="danger"
            icon="trash"
            label="Remove"
            onClick={() => ask(true)}
          />
          <kit.Button label="Off" disabled />
          <kit.Button label="Working" busy />
          <kit.Button label="Chosen" pressed />
          <kit.IconButton icon="copy" label="Copy" />
          <kit.IconButton icon="star" label="Star" pressed />
          <kit.Menu
            label="New"
            icon="add"
            items={Object.values(SIX).map((text, at) => ({
              label: kit.clipped(text, 40) || 'empty',
              hint: String(at),
              onSelect: () => kit.toast(host, text, { tone: 'good' })
            }))}
          />
        </div>
      </Section>
      <Section title="Field">
        <div style={{ maxWidth: '420px' }}>
          <kit.SearchBox
            label="Search the rows"
            value={found}
            onSearch={search}
          />
          <br />
          <kit.Field label="Model" help="Which model answers." required>
            {(id, described) => (
              <input
                id={id}
                aria-describedby={described}
                dir="auto"
                value={SIX.arabic}
              />
            )}
          </kit.Field>
          <kit.Field label="Rows" error="Input should be greater than 0.">
            {(id, described) => (
              <input
                id={id}
                aria-describedby={described}
                aria-invalid
                value="-1"
              />
            )}
          </kit.Field>
          <kit.Select
            label="Metric"
            labelled
            value={value}
            onChange={choose}
            options={['accuracy', { value: 'f1', label: 'F1' }, 'exact_match']}
          />
        </div>
      </Section>
      <Section title="Chip">
        <div style={ROW}>
          {chips.map(([name, text]) => (
            <kit.Chip
              key={name}
              label={kit.clipped(text, 80) || '(empty)'}
              tone={name === 'short' ? 'accent' : 'plain'}
              onRemove={() => keep(chips.filter(chip => chip[0] !== name))}
            />
          ))}
        </div>
      </Section>
      <Section title="CodeLine">
        <kit.CodeLine
          host={host}
          code="%llmops tune --model smollm2 --data home@1 --method lora"
        />
        <kit.CodeLine host={host} code={SIX.long} label="Shell" />
      </Section>
      <Section title="Reference">
        <div style={ROW}>
          <kit.Reference host={host} to="model:triage@champion" />
          <kit.Reference host={host} to="dataset:评论@3" />
          <kit.Reference host={host} to="run:1f0c" label="tune, 12 min ago" />
        </div>
      </Section>
      <kit.Dialog
        open={asks}
        title="Remove reviews@3?"
        onClose={() => ask(false)}
        actions={
          <>
            <kit.Button label="Keep" onClick={() => ask(false)} />
            <kit.Button
              kind="danger"
              label="Remove"
              onClick={() => ask(false)}
            />
          </>
        }
      >
        Two models were tuned on it; they keep their weights, but their lineage
        ends here.
      </kit.Dialog>
    </>
  );
}
