import type { IHost } from '../../host';
import {
  Button,
  ErrorBox,
  format,
  Reference,
  Skeleton,
  SmallTable,
  t,
  useAsk,
  useState,
  visible,
  type JSX
} from '../../kit';
import { Part } from '../answers/texts';
import type { ILong } from '../answers/types';
import type { INearest, IRowDetail } from './types';

/** What the model learned from that is most like this row; looked for when asked for. */
export function Nearest({
  host,
  row
}: {
  host: IHost;
  row: IRowDetail;
}): JSX.Element {
  const [wanted, want] = useState(false);
  const asked = useAsk<INearest>(
    host,
    'nearest',
    wanted ? { place: row.place } : null,
    { follow: false }
  );
  const found = asked.data;
  return (
    <Part title={t(host, 'Most alike in what the model learned from')}>
      {!wanted && (
        <Button
          icon="search"
          label={t(host, 'Look for them')}
          onClick={event => {
            // The button goes away; the keyboard stays in the drawer.
            const { currentTarget } = event;
            (currentTarget as Element)
              .closest<HTMLElement>('.lw-drawer')
              ?.focus();
            want(true);
          }}
        />
      )}
      {asked.error && <ErrorBox error={asked.error} again={asked.again} />}
      {wanted && !found && !asked.error && <Skeleton lines={3} />}
      {found && !found.data && (
        <span class="lw-null">
          {t(host, 'The model was not tuned here, or on other columns.')}
        </span>
      )}
      {found?.data && (
        <>
          <SmallTable
            label={t(host, 'Most alike')}
            rows={found.rows}
            columns={[
              {
                key: 'similarity',
                label: t(host, 'alike'),
                kind: 'number',
                title: t(
                  host,
                  '1 less the edits as a share of the longer text'
                ),
                render: value => format.percent(value as number)
              },
              {
                key: 'text',
                label: t(host, 'text'),
                render: value => <Long long={value as ILong | null} />,
                text: value => (value as ILong | null)?.text ?? ''
              },
              {
                key: 'target',
                label: t(host, 'answer'),
                render: value => <Long long={value as ILong | null} />,
                text: value => (value as ILong | null)?.text ?? ''
              }
            ]}
          />
          <p class="lw-evaluation-note">
            <Reference host={host} to={found.data} />{' '}
            <span class="lw-null">
              {found.searched < found.total
                ? t(
                    host,
                    'the first %1 of %2 rows were searched',
                    format.count(found.searched),
                    format.count(found.total)
                  )
                : t(host, '%1 rows searched', format.count(found.total))}
            </span>
          </p>
        </>
      )}
    </Part>
  );
}

function Long({ long }: { long: ILong | null }): JSX.Element {
  return <bdi>{long ? visible(long.text) : '–'}</bdi>;
}
