import { useState, type JSX } from '..';
import * as kit from '..';
import type { IHost } from '../../host';
import { SIX, HOSTILE, LONG } from './contents';
import { ChartsPage } from './pages/charts';
import { ControlsPage } from './pages/controls';
import { FacetsPage } from './pages/facets';
import { StatesPage } from './pages/states';
import { TablePage } from './pages/table';
import { mockHost } from './mockHost';
import { requests } from './rows';

const PAGES: { [name: string]: (props: { host: IHost }) => JSX.Element } = {
  states: StatesPage,
  controls: ControlsPage,
  table: TablePage,
  charts: ChartsPage,
  facets: FacetsPage
};

function Gallery({ host }: { host: IHost }): JSX.Element {
  const [page, turn] = kit.useHostState(host, 'page', 'states');
  const [drawer, draw] = useState(false);
  const Page = PAGES[page];
  return (
    <kit.Panel
      host={host}
      title={host.state.get<string>('title') ?? 'reviews'}
      version={3}
      state="running"
      fill={page === 'table'}
      actions={
        <>
          <kit.Button
            label={kit.t(host, 'Details')}
            onClick={() => draw(!drawer)}
          />
          <kit.Button
            kind="primary"
            icon="play"
            label={kit.t(host, 'Start tuning')}
            shortcut="t"
            onClick={() => kit.toast(host, 'Started')}
          />
          <kit.Menu
            label={kit.t(host, 'More')}
            bare
            items={[
              { label: 'Copy code', icon: 'copy', onSelect: () => undefined },
              { label: SIX.arabic, onSelect: () => undefined },
              {
                label: 'Remove',
                icon: 'trash',
                danger: true,
                onSelect: () => undefined
              }
            ]}
          />
        </>
      }
      figures={[
        { label: 'rows', value: kit.format.count(10605) },
        { label: 'columns', value: '3' },
        { label: 'near-duplicates', value: '412', title: 'By MinHash' },
        {
          label: 'over the context limit',
          value: kit.format.percent(0.021),
          tone: 'warn'
        },
        {
          label: 'accuracy',
          value: <kit.Badge value={0.871} lower={0.83} upper={0.91} n={40} />
        }
      ]}
      footer='%llmops explore --data reviews@3 --where "tokens < 200" --sort tokens'
      keys={[
        {
          keys: 't',
          label: 'Start tuning',
          run: () => kit.toast(host, 'Started')
        },
        { keys: 'u', label: 'Undo', run: () => kit.toast(host, 'Undone') },
        { keys: 'ArrowDown ArrowUp', label: 'Move', group: 'Table' }
      ]}
      drawer={
        <kit.Drawer
          open={drawer}
          title={SIX.chinese}
          onClose={() => draw(false)}
        >
          <kit.LongText text={LONG} />
        </kit.Drawer>
      }
    >
      <kit.Tabs
        label="Pages"
        active={page}
        onChange={turn}
        tabs={Object.keys(PAGES).map((id, at) => ({
          id,
          label: id,
          count: at ? at * 12 : undefined
        }))}
      >
        <Page host={host} />
      </kit.Tabs>
    </kit.Panel>
  );
}

/** Put the gallery on a page; the page's script may then change the host's state. */
export function show(
  root: HTMLElement,
  state: { [key: string]: string | number | boolean | string[] } = {}
): { host: ReturnType<typeof mockHost>; stop: () => void } {
  const host = mockHost(
    {
      'host.cell': () => null,
      'host.open': () => null,
      'host.failed': () => null,
      slow: () => new Promise(() => undefined)
    },
    {
      $can: ['host.cell', 'host.open', 'host.failed'],
      ...state
    }
  );
  const control = new AbortController();
  kit.mountApp(root, host, control.signal, <Gallery host={host} />);
  return { host, stop: () => control.abort() };
}

export { HOSTILE, kit, mockHost, requests };
