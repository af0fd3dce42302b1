import Table from 'cli-table3';
import { isEndToEnd, runProfile, safetyFinds } from '../support/profiles.ts';
import { BASE_SEED, exhibits, seedBudget, type Exhibit } from './museum.ts';

// How often each defect is found, profile by profile, against the published rates. Run by hand: `npm run museum`, or
// `npm run museum -- 1000` for more seeds.

interface Score {
  /** Runs in which anything saw it, and in which a user, or a property of the paper, would have. */
  any: number;
  endToEnd: number;
  /** Seeds tried when it was first found end to end; `null` if it was not. */
  firstEndToEnd: number | null;
  /** Runs in which the variant differed from the reference at all. */
  fired: number;
  /** Who saw it first, by how often. */
  readonly catchers: Map<string, number>;
}

function scoreOf(exhibit: Exhibit, profile: 'swarm' | 'gentle', seeds: number): Score {
  const score: Score = { any: 0, endToEnd: 0, firstEndToEnd: null, fired: 0, catchers: new Map() };
  for (let tried = 1; tried <= seeds; tried += 1) {
    const result = runProfile(profile, exhibit.id, String(BASE_SEED + tried - 1));
    if ((result.fired ?? 0) > 0) score.fired += 1;
    const [first] = safetyFinds(result);
    if (first === undefined) continue;
    score.any += 1;
    score.catchers.set(first, (score.catchers.get(first) ?? 0) + 1);
    if (!isEndToEnd(result)) continue;
    score.endToEnd += 1;
    score.firstEndToEnd ??= tried;
  }
  return score;
}

const seeds = Number(process.argv[2] ?? 100);
const percent = (count: number): string => `${((100 * count) / seeds).toFixed(1)} %`;
const head = [
  'row', 'defect', 'profile', 'fired', 'found', 'end to end', 'published', 'first', 'budget', 'first catcher',
];
const table = new Table({ head, style: { head: [], border: [] } });
for (const exhibit of exhibits) {
  for (const profile of ['swarm', 'gentle'] as const) {
    process.stderr.write(`${exhibit.id}, ${profile} …\n`);
    const { any, endToEnd, firstEndToEnd, fired, catchers } = scoreOf(exhibit, profile, seeds);
    const [most] = [...catchers].sort((a, b) => b[1] - a[1]);
    const isSwarm = profile === 'swarm';
    table.push([
      exhibit.row, exhibit.id, profile, percent(fired), percent(any), percent(endToEnd),
      isSwarm ? `${exhibit.ratePerMille / 10} %` : '', firstEndToEnd ?? '-', isSwarm ? seedBudget(exhibit) : '',
      most?.[0] ?? '-',
    ]);
  }
}
process.stdout.write(`${seeds} seeds each, from ${BASE_SEED}\n${table.toString()}\n`);
