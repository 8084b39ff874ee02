import type { IHost, Mount } from '../host';
import {
  asError,
  Button,
  can,
  CodeLine,
  Dialog,
  Empty,
  ErrorBox,
  Menu,
  mountApp,
  Panel,
  Reference,
  t,
  Tabs,
  toast,
  useHostState,
  useState,
  type IKey,
  type ITab,
  type JSX
} from '../kit';
import { Charts, Course } from './job/course';
import { Configuration, Outcome, Samples, Told } from './job/details';
import { useFollow } from './job/follow';
import { figures, State } from './job/head';
import css from './job/job.css';
import { Log } from './job/printed';
import type { IAction, IJob, ILook } from './job/types';

/** Buttons for what can be done; what loses something is asked about first. */
function useActions(host: IHost, now: ILook, again: () => void) {
  const [asks, ask] = useState<IAction | null>(null);
  const [busy, work] = useState('');
  const carryOut = async (action: IAction) => {
    ask(null);
    work(action.name);
    try {
      await host.ask('action', { name: action.name });
    } catch (error) {
      toast(host, asError(error).message, { tone: 'bad' });
    }
    work('');
    again();
  };
  const start = (action: IAction) =>
    action.confirm ? ask(action) : void carryOut(action);
  const buttons = now.actions.map(action => (
    <Button
      key={action.name}
      icon={action.icon}
      label={t(host, action.label)}
      title={t(host, action.title)}
      busy={busy === action.name}
      onClick={() => start(action)}
    />
  ));
  const question = (
    <Dialog
      open={asks !== null}
      title={asks ? `${t(host, asks.label)}?` : ''}
      onClose={() => ask(null)}
      width={420}
      actions={
        asks && (
          <>
            <Button
              label={t(host, 'Leave it running')}
              onClick={() => ask(null)}
            />
            <Button
              kind="danger"
              icon={asks.icon}
              label={t(host, asks.label)}
              onClick={() => void carryOut(asks)}
            />
          </>
        )
      }
    >
      <p>{asks?.confirm && t(host, asks.confirm)}</p>
    </Dialog>
  );
  const press = (...names: string[]) => {
    const action = now.actions.find(one => names.includes(one.name));
    if (action) {
      start(action);
    }
  };
  return { buttons, question, press };
}

function Job({ host }: { host: IHost }): JSX.Element {
  const job = host.state.get('$initial') as unknown as IJob;
  const asked = useFollow<ILook>(
    host,
    'look',
    {},
    data => (data ?? job.now).active
  );
  const now = asked.data ?? job.now;
  const { buttons, question, press } = useActions(host, now, asked.again);
  const [chosen, choose] = useHostState<string>(host, 'tab', '');
  const tabs: ITab[] = [
    ...(now.outcome ? [{ id: 'outcome', label: t(host, 'Result') }] : []),
    ...(now.sampled ? [{ id: 'samples', label: t(host, 'Samples') }] : []),
    { id: 'log', label: t(host, 'Log') },
    { id: 'told', label: t(host, 'Events'), count: now.told },
    { id: 'configuration', label: t(host, 'Configuration') }
  ];
  const usual = now.state === 'failed' ? 'log' : tabs[0].id;
  const tab = tabs.some(one => one.id === chosen) ? chosen : usual;
  const keys: IKey[] = [
    {
      keys: 'p',
      label: t(host, 'Pause or resume'),
      run: () => press('pause', 'resume')
    },
    { keys: 's', label: t(host, 'Stop'), run: () => press('cancel') },
    { keys: 'l', label: t(host, 'Log'), run: () => choose('log') },
    { keys: 'e', label: t(host, 'Events'), run: () => choose('told') },
    {
      keys: 'c',
      label: t(host, 'Configuration'),
      run: () => choose('configuration')
    }
  ];
  const open = (ref: string) =>
    void host.ask('host.open', { ref, view: 'runs' });
  const anew = () =>
    void host.ask('host.form', {
      operation: job.operation,
      arguments: job.raw
    });
  const more = [
    can(host, 'host.form') && {
      label: t(host, 'Start another like this'),
      icon: 'add' as const,
      onSelect: anew
    },
    can(host, 'host.open') &&
      job.run !== null && {
        label: t(host, 'Open its run'),
        icon: 'link' as const,
        onSelect: () => open(job.run as string)
      }
  ].filter(item => item !== false);
  const beside = now.charts > 0 || now.bars.length > 0 || now.parts.length > 0;
  return (
    <Panel
      host={host}
      title={job.title}
      fill
      state={<State host={host} now={now} />}
      actions={
        <>
          {buttons}
          {more.length > 0 && (
            <Menu
              label={t(host, 'More')}
              icon="menu"
              kind="quiet"
              bare
              items={more}
            />
          )}
        </>
      }
      figures={figures(host, now)}
      footer={job.line ? job.line : <CodeLine host={host} code={job.watch} />}
      keys={keys}
    >
      <style>{css}</style>
      <Notices host={host} now={now} error={asked.error} again={asked.again} />
      <div class="lw-job-frame">
        <div class={`lw-job${beside ? '' : ' lw-job-alone'}`}>
          {beside && (
            <div class="lw-job-main">
              <Course host={host} now={now} />
              {now.charts > 0 && <Charts host={host} now={now} />}
            </div>
          )}
          <div class="lw-job-side">
            <Tabs
              label={t(host, 'Details')}
              tabs={tabs}
              active={tab}
              onChange={choose}
            >
              {tab === 'outcome' && <Outcome host={host} now={now} />}
              {tab === 'samples' && <Samples host={host} now={now} />}
              {tab === 'log' && (
                <Log host={host} size={now.printed} active={now.active} />
              )}
              {tab === 'told' && <Told host={host} now={now} />}
              {tab === 'configuration' && (
                <Configuration host={host} job={job} />
              )}
            </Tabs>
          </div>
        </div>
      </div>
      {question}
    </Panel>
  );
}

/** What went wrong, and where a job that goes on can be reached. */
function Notices({
  host,
  now,
  error,
  again
}: {
  host: IHost;
  now: ILook;
  error: Error | undefined;
  again: () => void;
}): JSX.Element {
  const failed =
    now.error &&
    Object.assign(new Error(now.error.message), { detail: now.error.detail });
  const said = !failed && !now.active && now.message ? now.message : '';
  return (
    <>
      {error && <ErrorBox error={error} again={again} />}
      {failed && <ErrorBox error={failed} />}
      {now.trouble && <ErrorBox error={now.trouble} />}
      {said && (
        <p class="lw-job-notice" dir="auto">
          {said}
        </p>
      )}
      {typeof now.ready?.url === 'string' && (
        <p class="lw-job-notice">
          {t(host, 'It answers at %1', now.ready.url)}{' '}
          {typeof now.ready.endpoint === 'string' && (
            <Reference host={host} to={now.ready.endpoint} />
          )}
        </p>
      )}
    </>
  );
}

export const mount: Mount = (root, host, { signal }) =>
  mountApp(
    root,
    host,
    signal,
    host.state.get('$initial') ? (
      <Job host={host} />
    ) : (
      <Empty title={t(host, 'There is no such job')} />
    )
  );
