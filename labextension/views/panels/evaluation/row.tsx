import type { IHost } from '../../host';
import {
  Drawer,
  ErrorBox,
  format,
  plain,
  Reference,
  Skeleton,
  SmallTable,
  t,
  TextDiff,
  useAsk,
  useState,
  visible,
  type JSX
} from '../../kit';
import { Part, Said, Sent } from '../answers/texts';
import type { ILong } from '../answers/types';
import { Nearest } from './nearest';
import type { IReport, IRowDetail, ISide } from './types';

/** The row whose details are shown: its place among those shown, and in the data. */
export interface IOpened {
  index: number;
  place: number;
}

interface IRowProps {
  host: IHost;
  report: IReport;
  row: IRowDetail;
  onWhole: () => void;
}

/** All that is kept of one row: what was asked, said and right, and where it leads. */
export function RowDrawer({
  host,
  report,
  opened,
  onClose
}: {
  host: IHost;
  report: IReport;
  opened: IOpened | null;
  onClose: () => void;
}): JSX.Element | null {
  const [wholeOf, fetchWhole] = useState(-1);
  const asked = useAsk<IRowDetail>(
    host,
    'row',
    opened && { place: opened.place, whole: wholeOf === opened.place }
  );
  if (!opened) {
    return null;
  }
  const row = asked.data?.place === opened.place ? asked.data : null;
  return (
    <Drawer
      open
      title={t(host, 'Row %1', format.count(opened.place + 1))}
      width={420}
      onClose={onClose}
    >
      {asked.error && <ErrorBox error={asked.error} again={asked.again} />}
      {row ? (
        <Details
          host={host}
          report={report}
          row={row}
          onWhole={() => fetchWhole(opened.place)}
        />
      ) : (
        !asked.error && <Skeleton lines={6} />
      )}
    </Drawer>
  );
}

function said(side: ISide | null): ILong | null {
  return side ? (side.answer ?? side.choice) : null;
}

function Details(props: IRowProps): JSX.Element {
  const { host, report, row, onWhole } = props;
  const given = { host, onWhole };
  const [own, base] = [said(row.model), said(row.baseline)];
  return (
    <>
      <Said {...given} title={t(host, 'Expected')} said={row.expected} />
      <Answer
        {...given}
        side={row.model}
        title={report.baseline ? t(host, 'Candidate') : t(host, 'Answer')}
      />
      {row.baseline && (
        <Answer {...given} side={row.baseline} title={t(host, 'Baseline')} />
      )}
      {own && base && own.text !== base.text && (
        <Part title={t(host, 'From the baseline to the candidate')}>
          <TextDiff before={base.text} after={own.text} />
        </Part>
      )}
      <Scores {...props} />
      <Sent
        {...given}
        title={t(host, 'Prompt as sent')}
        sent={row.model.sent}
      />
      {!row.model.sent && (
        <Said {...given} title={t(host, 'Asked about')} said={row.text} />
      )}
      <Labels {...props} />
      {row.text && <Nearest key={row.place} host={host} row={row} />}
    </>
  );
}

/** What one of the two wrote and chose, or why it did not. */
function Answer({
  host,
  title,
  side,
  onWhole
}: {
  host: IHost;
  title: string;
  side: ISide;
  onWhole: () => void;
}): JSX.Element {
  const given = { host, onWhole };
  const named = (what: string) => t(host, '%1: %2', title, what);
  return (
    <>
      <Said {...given} title={named(t(host, 'failed'))} said={side.error} />
      <Said {...given} title={title} said={side.answer} />
      <Said {...given} title={named(t(host, 'choice'))} said={side.choice} />
    </>
  );
}

function Scores({ host, report, row }: IRowProps): JSX.Element {
  const tokens = (side: ISide | null) =>
    side?.new_tokens
      ? t(
          host,
          '%1 in, %2 out',
          format.tokens(side.prompt_tokens),
          format.tokens(side.new_tokens)
        )
      : '';
  const score = (side: ISide | null, name: string) =>
    side ? format.number(side.scores[name]) : '';
  const lines = [
    ...report.facts.map(({ name }) => ({
      name,
      own: score(row.model, name),
      base: score(row.baseline, name)
    })),
    {
      name: t(host, 'tokens'),
      own: tokens(row.model),
      base: tokens(row.baseline)
    },
    { name: t(host, 'row id'), own: row.row_id, base: '' }
  ].filter(line => line.own || line.base);
  return (
    <Part title={t(host, 'Scores')}>
      <SmallTable
        label={t(host, 'Scores of this row')}
        rows={lines}
        columns={[
          { key: 'name', label: t(host, 'what'), sortable: false },
          ...(row.baseline
            ? [{ key: 'base', label: t(host, 'baseline'), sortable: false }]
            : []),
          {
            key: 'own',
            label: row.baseline ? t(host, 'candidate') : t(host, 'score'),
            sortable: false
          }
        ]}
      />
    </Part>
  );
}

function Labels({ host, row }: IRowProps): JSX.Element | null {
  if (row.labels.length === 0) {
    return null;
  }
  return (
    <Part title={t(host, 'What was said about this row')}>
      <SmallTable
        label={t(host, 'Labels')}
        rows={row.labels}
        columns={[
          {
            key: 'value',
            label: t(host, 'label'),
            render: value => <bdi>{visible(plain(value))}</bdi>
          },
          { key: 'annotator', label: t(host, 'by') },
          {
            key: 'queue',
            label: t(host, 'queue'),
            render: value => (
              <Reference
                host={host}
                to={`queue:${String(value)}`}
                label={String(value)}
              />
            )
          }
        ]}
      />
    </Part>
  );
}
