/** The list of what the workspace holds: kinds with their counts, one search across all. */
import type { IHost, Json } from '../../host';
import {
  Empty,
  ErrorBox,
  Icon,
  IconButton,
  SearchBox,
  Skeleton,
  StatusMark,
  format,
  t,
  useAsk,
  useEffect,
  useHostState,
  useRef,
  useState,
  type JSX
} from '../../kit';

/** The order in which kinds are listed, and what people call them; others follow by their name. */
const WORDS: { [kind: string]: string } = {
  running: 'Running',
  dataset: 'Data',
  prompt: 'Prompts',
  model: 'Models',
  pipeline: 'Pipelines',
  run: 'Runs',
  queue: 'Labels',
  endpoint: 'Endpoints',
  monitor: 'Monitors',
  recipe: 'Recipes'
};
/** How many more rows come when the list has been scrolled to its end. */
const PAGE = 100;
const MOST = 1000;

interface IItem {
  meta?: { rows?: number };
  ref?: string;
  job?: string;
  kind?: string;
  name?: string;
  version?: string | number;
  operation?: string;
  state?: string;
  created?: string;
  aliases?: string[];
}

interface IFound {
  items: IItem[];
  total?: number;
}

export interface IListProps {
  host: IHost;
  /** Turn from light to dark, or back. */
  onTheme: () => void;
}

export function List({ host, onTheme }: IListProps): JSX.Element {
  const [dark] = useHostState<boolean>(host, '$dark', false);
  const [kind, choose] = useHostState<string>(host, 'kind', 'dataset');
  const [words, search] = useHostState<string>(host, 'search', '');
  const [name] = useHostState<string>(host, '$name', '');
  const counts = useAsk<{ [kind: string]: number }>(host, 'counts');
  const kinds = [
    ...Object.keys(WORDS),
    ...Object.keys(counts.data ?? {}).filter(each => !(each in WORDS))
  ];
  return (
    <nav class="lwd-list" aria-label={t(host, 'What the workspace holds')}>
      <header class="lwd-head">
        <h1 class="lwd-name" title={name}>
          <bdi>{name || t(host, 'LLMOps')}</bdi>
        </h1>
        <IconButton
          icon="contrast"
          label={dark ? t(host, 'Light colours') : t(host, 'Dark colours')}
          onClick={onTheme}
        />
      </header>
      <div class="lwd-search">
        <SearchBox
          label={t(host, 'Search everything')}
          value={words}
          onSearch={search}
        />
      </div>
      {!words && (
        <ul class="lwd-kinds">
          {kinds.map(each => (
            <li key={each}>
              <button
                type="button"
                class="lwd-kind"
                aria-current={each === kind ? 'true' : undefined}
                onClick={() => choose(each)}
              >
                <span>{t(host, WORDS[each] ?? each)}</span>
                <span class="lwd-count">
                  {counts.data ? format.count(counts.data[each] ?? 0) : ''}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <Items key={words ? '' : kind} host={host} kind={kind} words={words} />
    </nav>
  );
}

function question(
  kind: string,
  words: string,
  limit: number
): [string, { [key: string]: Json }] {
  if (words) {
    return ['search', { q: words, limit: Math.min(limit, 200) }];
  }
  if (kind === 'running') {
    return ['jobs', { state: 'queued,running', limit }];
  }
  return ['items', { kind, limit }];
}

function Items({
  host,
  kind,
  words
}: {
  host: IHost;
  kind: string;
  words: string;
}): JSX.Element {
  const [limit, more] = useState(PAGE);
  const [shown] = useHostState<string>(host, '$shown', '');
  const [method, payload] = question(kind, words, limit);
  const found = useAsk<IFound>(host, method, payload);
  const place = useRef<HTMLUListElement>(null);
  useEffect(() => place.current?.scrollTo(0, 0), [kind, words]);
  const items = found.data?.items ?? [];
  const whole = (found.data?.total ?? items.length) <= items.length;
  if (found.error) {
    return <ErrorBox error={found.error} again={found.again} />;
  }
  if (!found.data) {
    return <Skeleton lines={6} />;
  }
  if (items.length === 0) {
    return (
      <Empty
        icon={words ? 'search' : 'info'}
        title={
          words ? t(host, 'Nothing has these words') : t(host, 'Nothing yet')
        }
      />
    );
  }
  const grow = (event: Event) => {
    const { scrollTop, scrollHeight, clientHeight } =
      event.currentTarget as HTMLElement;
    const near = scrollHeight - scrollTop - clientHeight < 200;
    if (near && !whole && !found.loading && limit < MOST) {
      more(old => old + PAGE);
    }
  };
  return (
    <ul class="lwd-items" ref={place} onScroll={grow}>
      {items.map(item => (
        <Item key={refOf(item)} host={host} item={item} shown={shown} />
      ))}
    </ul>
  );
}

function refOf(item: IItem): string {
  return item.ref ?? (item.job ? `job:${item.job}` : '');
}

function Item({
  host,
  item,
  shown
}: {
  host: IHost;
  item: IItem;
  shown: string;
}): JSX.Element {
  const ref = refOf(item);
  const name = item.name || item.operation || ref;
  return (
    <li>
      <button
        type="button"
        class="lwd-item"
        title={ref}
        aria-current={ref === shown ? 'true' : undefined}
        onClick={() => void host.ask('host.open', { ref })}
      >
        <span class="lwd-item-name">
          <bdi>{name}</bdi>
          {item.version !== undefined && (
            <span class="lwd-quiet">@{item.version}</span>
          )}
          {(item.aliases ?? []).map(alias => (
            <span key={alias} class="lwd-alias">
              <Icon name="tag" />
              <bdi>{alias}</bdi>
            </span>
          ))}
        </span>
        <span class="lwd-item-about lwd-quiet">
          {item.state && <StatusMark state={item.state} />}
          {typeof item.meta?.rows === 'number' && (
            <span>{t(host, '%1 rows', format.count(item.meta.rows))}</span>
          )}
          {item.created && <time>{format.time(item.created)}</time>}
        </span>
      </button>
    </li>
  );
}
