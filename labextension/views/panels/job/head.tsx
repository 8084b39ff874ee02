import type { IHost } from '../../host';
import { format, StatusMark, t, type IFigure, type JSX } from '../../kit';
import type { IFact, ILook } from './types';

/** The figures that answer how it goes. */
export function figures(host: IHost, now: ILook): IFigure[] {
  const found: IFigure[] = [];
  if (now.step !== null) {
    const all = now.steps === null ? '' : `/${format.count(now.steps)}`;
    found.push({
      label: t(host, 'step'),
      value: format.count(now.step) + all,
      title: t(host, 'How far it came, by its last heartbeat')
    });
  }
  if (now.active && now.eta !== null) {
    found.push({
      label: t(host, 'left'),
      value: format.seconds(now.eta),
      title: t(host, 'Estimated from the steps since its last start')
    });
  }
  if (now.ran !== null) {
    found.push({
      label: now.active ? t(host, 'so far') : t(host, 'in all'),
      value: format.seconds(now.ran),
      title: t(host, 'How long it ran; pauses do not count')
    });
  }
  now.figures.forEach(fact => found.push(figure(host, fact)));
  if (now.warnings > 0) {
    found.push({
      label: t(host, 'warnings'),
      value: format.count(now.warnings),
      title: t(host, 'The events list them'),
      tone: 'warn'
    });
  }
  if (now.attempt > 1) {
    found.push({
      label: t(host, 'attempt'),
      value: now.attempt,
      title: t(host, 'One more with each time it was resumed')
    });
  }
  return found;
}

function figure(host: IHost, fact: IFact): IFigure {
  const used = format[fact.as](fact.value);
  const of = typeof fact.of === 'number' ? format[fact.as](fact.of) : '';
  const value =
    of && fact.value !== null
      ? t(host, '%1 of ≈ %2 predicted', used, of)
      : of
        ? t(host, '≈ %1 predicted', of)
        : used;
  return { label: t(host, fact.label), value, title: fact.title };
}

export function State({ host, now }: { host: IHost; now: ILook }): JSX.Element {
  const asked: { [what: string]: string } = {
    stop: now.saving ? t(host, 'saving') : t(host, 'stopping'),
    pause: now.saving ? t(host, 'saving') : t(host, 'pausing')
  };
  const since = t(host, 'since %1', format.time(now.since, { full: true }));
  return (
    <span role="status">
      <StatusMark
        state={now.state}
        label={now.asked ? asked[now.asked] : undefined}
        title={since}
      />
    </span>
  );
}
