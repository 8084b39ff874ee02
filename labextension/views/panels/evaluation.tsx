import type { IHost, Mount } from '../host';
import {
  Button,
  can,
  Empty,
  ErrorBox,
  Menu,
  mountApp,
  Panel,
  StatusMark,
  t,
  useAsk,
  useHostState,
  type IKey,
  type IMenuItem,
  type JSX
} from '../kit';
import { named, openForm } from './answers/acts';
import shared from './answers/answers.css';
import { stepKeys } from './answers/steps';
import { UnderWay } from './answers/underway';
import css from './evaluation/evaluation.css';
import { Examples } from './evaluation/examples';
import { figures } from './evaluation/figures';
import { useChosen, useRows } from './evaluation/rows';
import { RowDrawer, type IOpened } from './evaluation/row';
import { Summary } from './evaluation/summary';
import type { IReport } from './evaluation/types';

/** What may be done with the evaluated version; what is allowed the Python side says. */
function Actions({
  host,
  report
}: {
  host: IHost;
  report: IReport;
}): JSX.Element | null {
  if (!can(host, 'host.form') || report.run === null) {
    return null;
  }
  const { promotable, champion, run, rules } = report;
  const promote = promotable && promotable.model !== champion;
  const gate = { run, ...(rules.length > 0 ? { rules } : {}) };
  const more: IMenuItem[] = [
    {
      label: t(host, 'Evaluate again'),
      icon: 'play',
      onSelect: () => openForm(host, report.operation, report.arguments)
    }
  ];
  return (
    <>
      {report.n !== null && report.registered && (
        <Button
          kind={promote || report.gates.length > 0 ? 'plain' : 'primary'}
          icon="check"
          label={t(host, 'Check the gate')}
          title={t(host, 'Decide by rules whether this version may go on')}
          onClick={() => openForm(host, 'gate', gate)}
        />
      )}
      {promote && (
        <Button
          kind="primary"
          icon="star"
          label={t(host, 'Promote to %1', promotable.to)}
          title={t(host, 'Its newest gate let %1 pass', promotable.model)}
          onClick={() => openForm(host, 'promote', { ...promotable })}
        />
      )}
      <Menu
        label={t(host, 'More')}
        icon="menu"
        bare
        kind="quiet"
        items={more}
      />
    </>
  );
}

/** Whether the version may go on, and whether it already has. */
function State({
  host,
  report
}: {
  host: IHost;
  report: IReport;
}): JSX.Element | null {
  const [gate] = report.gates ?? [];
  if (report.state !== 'done') {
    return <StatusMark state={report.state} />;
  }
  if (report.champion === report.model) {
    return <StatusMark state="live" label={t(host, 'champion')} />;
  }
  return gate ? (
    <StatusMark
      state={gate.passed ? 'passed' : 'blocked'}
      label={gate.passed ? t(host, 'gate passed') : t(host, 'gate not passed')}
    />
  ) : null;
}

function Evaluation({ host }: { host: IHost }): JSX.Element {
  const first = host.state.get('$initial') as unknown as IReport;
  const asked = useAsk<IReport>(host, 'report', first.run ? {} : null);
  const report = asked.data ?? first;
  const { name, version } = named(report.model);
  const frame = {
    host,
    title: name,
    version,
    state: <State host={host} report={report} />,
    actions: <Actions host={host} report={report} />,
    figures: figures(host, report),
    footer: report.line || undefined,
    fill: true
  };
  return report.n === null ? (
    <Panel {...frame}>
      <Styles />
      <UnderWay
        host={host}
        run={report}
        title={t(host, 'The scores come when the evaluation is done')}
      />
    </Panel>
  ) : (
    <Scored host={host} report={report} frame={frame} />
  );
}

function Styles(): JSX.Element {
  return <style>{`${shared}\n${css}`}</style>;
}

function Scored({
  host,
  report,
  frame
}: {
  host: IHost;
  report: IReport;
  frame: Omit<Parameters<typeof Panel>[0], 'children'>;
}): JSX.Element {
  const [chosen, choose] = useChosen(host, report);
  const rows = useRows(host, chosen, !report.missing);
  const [opened, open] = useHostState<IOpened | null>(host, 'row', null);
  const keys: IKey[] = [
    ...stepKeys(host, rows, opened, open),
    { keys: 'Enter', label: t(host, 'Open the details of a row') }
  ];
  return (
    <Panel
      {...frame}
      keys={keys}
      drawer={
        <RowDrawer
          host={host}
          report={report}
          opened={opened}
          onClose={() => open(null)}
        />
      }
    >
      <Styles />
      <div class="lw-evaluation-frame">
        <div class="lw-evaluation">
          <Summary
            host={host}
            report={report}
            chosen={chosen}
            choose={choose}
          />
          {report.missing ? (
            <div class="lw-evaluation-examples">
              <ErrorBox error={report.missing} />
            </div>
          ) : (
            <Examples
              host={host}
              report={report}
              chosen={chosen}
              choose={choose}
              rows={rows}
              onOpen={(row, index) => open({ index, place: row.place })}
              onFocus={(row, index) => {
                if (opened && row) {
                  open({ index, place: row.place });
                }
              }}
            />
          )}
        </div>
      </div>
    </Panel>
  );
}

export const mount: Mount = (root, host, { signal }) =>
  mountApp(
    root,
    host,
    signal,
    host.state.get('$initial') ? (
      <Evaluation host={host} />
    ) : (
      <Empty title={t(host, 'There is no such evaluation')} />
    )
  );
