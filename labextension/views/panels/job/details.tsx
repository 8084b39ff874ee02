import type { IHost, Json } from '../../host';
import {
  Badge,
  Empty,
  ErrorBox,
  format,
  Reference,
  SmallTable,
  StatusMark,
  t,
  useAsk,
  useEffect,
  useMemo,
  type JSX
} from '../../kit';
import type { IJob, ILook } from './types';

const REFERENCE = /^[a-z]+:[^\s/]+$/;

/** A value of an argument; a reference opens what it points at. */
export function Value({
  host,
  value
}: {
  host: IHost;
  value: Json;
}): JSX.Element {
  if (typeof value === 'string') {
    return REFERENCE.test(value) ? (
      <Reference host={host} to={value} />
    ) : (
      <span class="lw-job-text" dir="auto">
        {value}
      </span>
    );
  }
  if (Array.isArray(value)) {
    return (
      <>
        {value.map((item, place) => (
          <>
            {place > 0 && ', '}
            <Value key={place} host={host} value={item} />
          </>
        ))}
      </>
    );
  }
  return <code class="lw-job-code">{JSON.stringify(value)}</code>;
}

/** What the job was told to do, and where it comes from. */
export function Configuration({
  host,
  job
}: {
  host: IHost;
  job: IJob;
}): JSX.Element {
  const lines: [string, Json][] = [
    ...job.arguments.map(({ name, value }): [string, Json] => [name, value]),
    ...Object.entries(job.origin).filter(
      ([, value]) => value !== null && JSON.stringify(value) !== '{}'
    )
  ];
  const first = job.arguments.length;
  return (
    <dl class="lw-job-facts">
      {lines.map(([name, value], place) => (
        <div
          key={name + place}
          class={place === first ? 'lw-job-next' : undefined}
        >
          <dt>{name}</dt>
          <dd>
            <Value host={host} value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface ITold {
  number: number;
  time: string;
  kind: string;
  [name: string]: Json;
}

/** What the job said that is worth reading, the newest first. */
export function Told({ host, now }: { host: IHost; now: ILook }): JSX.Element {
  const asked = useAsk<{ events: ITold[]; total: number }>(
    host,
    'told',
    {},
    { follow: false }
  );
  const { again } = asked;
  useEffect(again, [now.told]);
  const columns = useMemo(
    () => [
      {
        key: 'time',
        label: t(host, 'time'),
        width: 90,
        render: (value: unknown) => (
          <span title={String(value)}>
            {new Date(String(value)).toLocaleTimeString(undefined, {
              timeStyle: 'medium'
            })}
          </span>
        )
      },
      {
        key: 'kind',
        label: t(host, 'event'),
        render: (value: unknown) => <StatusMark state={String(value)} />
      },
      { key: 'words', label: t(host, 'what'), value: words }
    ],
    [host]
  );
  if (asked.error && !asked.data) {
    return <ErrorBox error={asked.error} again={again} />;
  }
  return (
    <SmallTable
      label={t(host, 'Events')}
      columns={columns}
      rows={asked.data?.events ?? []}
      rowKey={event => String(event.number)}
      empty={t(host, 'It has told nothing yet.')}
    />
  );
}

/** An event in a line: its sentence, else its fields. */
function words(event: ITold): string {
  if (typeof event.message === 'string' && event.message) {
    return typeof event.state === 'string'
      ? `${event.state}: ${event.message}`
      : event.message;
  }
  return Object.entries(event)
    .filter(([name]) => !['number', 'time', 'kind', 'message'].includes(name))
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${written(value)}`)
    .join(' · ');
}

function written(value: Json): string {
  return typeof value === 'number'
    ? format.number(value, 4)
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}

interface ISamples {
  steps: number[];
  lines: {
    prompt: string;
    expected: string | null;
    answers: { [step: string]: string };
  }[];
}

/** Answers to the same prompts as the work went on. */
export function Samples({
  host,
  now
}: {
  host: IHost;
  now: ILook;
}): JSX.Element {
  const asked = useAsk<ISamples>(host, 'samples', {}, { follow: false });
  const { again } = asked;
  useEffect(again, [now.sampled]);
  // The newest beside the prompt: older ones are a scroll away.
  const steps = [...(asked.data?.steps ?? [])].reverse();
  return (
    <SmallTable
      label={t(host, 'Samples on fixed prompts')}
      columns={[
        { key: 'prompt', label: t(host, 'prompt') },
        ...steps.map(step => ({
          key: String(step),
          label: step === 0 ? t(host, 'before') : t(host, 'step %1', step),
          value: (line: ISamples['lines'][number]) => line.answers[String(step)]
        }))
      ]}
      rows={asked.data?.lines ?? []}
      empty={t(host, 'No samples yet')}
    />
  );
}

/** What came of the job. */
export function Outcome({
  host,
  now
}: {
  host: IHost;
  now: ILook;
}): JSX.Element {
  const numbers = now.outcome?.numbers ?? [];
  const made = now.outcome?.made ?? [];
  if (numbers.length === 0 && made.length === 0) {
    return (
      <Empty
        title={t(host, 'Nothing came of it')}
        hint={t(host, 'What a job makes and measures is listed here.')}
      />
    );
  }
  return (
    <dl class="lw-job-facts">
      {made.length > 0 && (
        <div>
          <dt>{t(host, 'made')}</dt>
          <dd>
            {made.map(ref => (
              <div key={ref}>
                <Reference host={host} to={ref} />
              </div>
            ))}
          </dd>
        </div>
      )}
      {numbers.map(each => (
        <div key={each.name}>
          <dt>{each.name}</dt>
          <dd>
            <Badge
              value={each.value}
              lower={each.lower}
              upper={each.upper}
              title={format.full(each.value)}
            />
          </dd>
        </div>
      ))}
    </dl>
  );
}
