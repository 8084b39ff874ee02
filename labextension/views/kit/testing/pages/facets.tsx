import * as kit from '../..';
import type { JSX } from '../..';
import type { IHost } from '../../../host';
import { ARABIC, CHINESE, HOSTILE, LONG, SIX } from '../contents';
import { Section } from './section';

const ALL = [2, 40, 120, 260, 310, 240, 160, 90, 40, 22, 12, 6, 3, 1, 0, 1];
const EDGES = ALL.map((_, at) => at * 32).concat(512);

export function FacetsPage({ host }: { host: IHost }): JSX.Element {
  const [range, limit] = kit.useState<[number, number] | null>([64, 256]);
  const [chosen, choose] = kit.useState(new Set(['en']));
  const share = range ? 0.6 : 1;
  host.state.set('range', range);
  return (
    <div
      style={{ display: 'grid', gridTemplateColumns: '240px 1fr', gap: '24px' }}
    >
      <div>
        <Section title="FacetHistogram">
          <kit.FacetHistogram
            label="tokens"
            edges={EDGES}
            all={ALL}
            kept={ALL.map(count => Math.round(count * share))}
            missing={12}
            range={range}
            onRange={limit}
          />
          <kit.FacetHistogram
            label={CHINESE}
            edges={[]}
            all={[]}
            range={null}
            onRange={limit}
          />
        </Section>
        <Section title="FacetCategories">
          <kit.FacetCategories
            label="language"
            chosen={chosen}
            onChosen={choose}
            more={3}
            onMore={() => undefined}
            items={[
              { value: 'en', all: 4200, kept: 2100 },
              { value: 'zh', label: '中文', all: 1800, kept: 1800 },
              { value: 'ar', label: 'العربية', all: 900, kept: 0 },
              { value: '', all: 3 },
              { value: LONG, all: 40, kept: 10 },
              { value: HOSTILE[0], all: 12, kept: 2 }
            ]}
          />
        </Section>
      </div>
      <div>
        <Section title="TextDiff">
          <kit.TextDiff
            before="A dull film, with a slow start and no end."
            after="A charming film, with a slow start and a moving end."
          />
          <kit.TextDiff
            before={CHINESE}
            after={CHINESE.replace('非常感人', '有点拖沓').replace(
              '推荐给',
              '介绍给'
            )}
          />
          <kit.TextDiff
            before={ARABIC}
            after={ARABIC.replace('بطيئًا', 'سريعًا')}
          />
          <kit.TextDiff
            mode="side"
            labels={['baseline', 'candidate']}
            before={HOSTILE.join(' ')}
            after={HOSTILE.slice(2).join(' ')}
          />
          <kit.TextDiff before={LONG + ' old'} after={LONG + ' new'} />
          <kit.TextDiff before="" after="" />
          <kit.TextDiff before="" after="All of it is new." />
        </Section>
        <Section title="LongText">
          <kit.LongText text={SIX.hostile + '\u001b[31m\n' + CHINESE} />
        </Section>
      </div>
    </div>
  );
}
