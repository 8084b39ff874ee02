import type { IHost, Mount } from '../host';
import {
  Button,
  can,
  Empty,
  ErrorBox,
  mountApp,
  Panel,
  SmallTable,
  t,
  useAsk,
  type JSX
} from '../kit';
import { named, openForm } from './answers/acts';
import { UnderWay } from './answers/underway';
import { Answers, Styles } from './grid/answers';
import { figures } from './grid/figures';
import type { IReport } from './grid/types';

function Grid({ host }: { host: IHost }): JSX.Element {
  const first = host.state.get('$initial') as unknown as IReport;
  const asked = useAsk<IReport>(host, 'report', first.run ? {} : null);
  const report = asked.data ?? first;
  const { name, version } = named(report.data ?? '');
  const again = can(host, 'host.form') && report.run !== null && (
    <Button
      icon="play"
      label={t(host, 'Run again')}
      title={t(host, 'Open the form of this comparison')}
      onClick={() => openForm(host, report.operation, report.arguments)}
    />
  );
  const frame = {
    host,
    title: name || t(host, 'Comparison'),
    version,
    state: report.state === 'done' ? undefined : report.state,
    actions: again || undefined,
    figures: figures(host, report),
    footer: report.line || undefined,
    fill: true
  };
  if (report.variants.length === 0) {
    return (
      <Panel {...frame}>
        <Styles />
        <UnderWay
          host={host}
          run={report}
          title={t(host, 'The answers come when the comparison is done')}
        />
      </Panel>
    );
  }
  return report.missing ? (
    <Panel {...frame}>
      <Styles />
      <ErrorBox error={report.missing} again={asked.again} />
      <Variants host={host} report={report} />
    </Panel>
  ) : (
    <Answers host={host} report={report} frame={frame} />
  );
}

/** The figures of the variants, when their answers are gone. */
function Variants({
  host,
  report
}: {
  host: IHost;
  report: IReport;
}): JSX.Element {
  const names = Object.keys(report.variants[0]?.metrics ?? {});
  return (
    <SmallTable
      label={t(host, 'Variants')}
      rows={report.variants}
      columns={[
        { key: 'label', label: t(host, 'Variant') },
        ...names.map(name => ({
          key: name,
          kind: 'number' as const,
          value: (row: IReport['variants'][number]) => row.metrics[name]?.value
        })),
        { key: 'failed', label: t(host, 'Failed'), kind: 'number' as const }
      ]}
    />
  );
}

export const mount: Mount = (root, host, { signal }) =>
  mountApp(
    root,
    host,
    signal,
    host.state.get('$initial') ? (
      <Grid host={host} />
    ) : (
      <Empty title={t(host, 'There is no such comparison')} />
    )
  );
