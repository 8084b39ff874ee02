import type { IHost } from '../../host';
import {
  Button,
  Drawer,
  ErrorBox,
  format,
  Fragment,
  Skeleton,
  t,
  TextDiff,
  useAsk,
  useState,
  type JSX
} from '../../kit';
import { Part, Said, Sent } from '../answers/texts';
import { Mark } from './columns';
import type { ICellDetail, IReport } from './types';

/** The cell whose details are shown: its row among those shown, and in the data. */
export interface IOpened {
  index: number;
  place: number;
  variant: number;
}

/** All that is kept of one cell: what was asked, said and right, and what it cost. */
export function CellDrawer({
  host,
  report,
  opened,
  starred,
  onStar,
  onClose
}: {
  host: IHost;
  report: IReport;
  opened: IOpened | null;
  starred: boolean;
  onStar: () => void;
  onClose: () => void;
}): JSX.Element | null {
  const [wholeOf, fetchWhole] = useState<string>('');
  const key = opened ? `${opened.place}/${opened.variant}` : '';
  const asked = useAsk<ICellDetail>(
    host,
    'cell',
    opened && {
      place: opened.place,
      variant: opened.variant,
      whole: wholeOf === key
    },
    { follow: false }
  );
  if (!opened) {
    return null;
  }
  const cell = asked.data;
  const current =
    cell && cell.place === opened.place && cell.variant === opened.variant;
  const variant = report.variants[opened.variant];
  return (
    <Drawer
      open
      title={t(host, 'Row %1', format.count(opened.place + 1))}
      width={420}
      onClose={onClose}
      actions={
        <Button
          icon="star"
          label={starred ? t(host, 'Take the star off') : t(host, 'Star')}
          pressed={starred}
          shortcut="s"
          onClick={onStar}
        />
      }
    >
      <bdi class="lw-cell-variant">{variant?.label}</bdi>
      {asked.error && <ErrorBox error={asked.error} again={asked.again} />}
      {current ? (
        <Details
          host={host}
          report={report}
          cell={cell}
          onWhole={() => fetchWhole(key)}
        />
      ) : (
        !asked.error && <Skeleton lines={6} />
      )}
    </Drawer>
  );
}

function Details({
  host,
  report,
  cell,
  onWhole
}: {
  host: IHost;
  report: IReport;
  cell: ICellDetail;
  onWhole: () => void;
}): JSX.Element {
  const given = { host, onWhole };
  const said = cell.answer ?? cell.choice;
  const differs =
    said !== null &&
    cell.expected !== null &&
    said.text.trim() !== cell.expected.text.trim();
  return (
    <>
      {cell.error && (
        <Said {...given} title={t(host, 'Why it failed')} said={cell.error} />
      )}
      <Said {...given} title={t(host, 'Answer')} said={cell.answer} />
      <Said {...given} title={t(host, 'Choice')} said={cell.choice} />
      <Said {...given} title={t(host, 'Expected')} said={cell.expected} />
      {differs && (
        <Part title={t(host, 'From the expected to the answer')}>
          <TextDiff before={cell.expected?.text ?? ''} after={said.text} />
        </Part>
      )}
      <Facts host={host} report={report} cell={cell} />
      <Sent {...given} title={t(host, 'Prompt as sent')} sent={cell.sent} />
      {!cell.sent && (
        <Said {...given} title={t(host, 'Asked about')} said={cell.text} />
      )}
    </>
  );
}

function Facts({
  host,
  report,
  cell
}: {
  host: IHost;
  report: IReport;
  cell: ICellDetail;
}): JSX.Element {
  const lines: [string, JSX.Element | string][] = report.metrics
    .filter(metric => cell.scores[metric.name] !== null)
    .map(metric => [
      metric.name,
      <Mark host={host} metric={metric} value={cell.scores[metric.name]} />
    ]);
  if (cell.seconds !== null) {
    const kept = cell.cached ? t(host, ', when it was first asked') : '';
    lines.push([t(host, 'latency'), format.seconds(cell.seconds) + kept]);
  }
  if (cell.prompt_tokens || cell.new_tokens) {
    lines.push([
      t(host, 'tokens'),
      t(
        host,
        '%1 in, %2 out',
        format.tokens(cell.prompt_tokens),
        format.tokens(cell.new_tokens)
      )
    ]);
  }
  lines.push([t(host, 'row id'), <code>{cell.row_id}</code>]);
  return (
    <Part title={t(host, 'Scores and cost')}>
      <dl class="lw-facts">
        {lines.map(([name, value]) => (
          <Fragment key={name}>
            <dt>
              <bdi>{name}</bdi>
            </dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </Part>
  );
}
