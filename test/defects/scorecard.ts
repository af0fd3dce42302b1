import Table from 'cli-table3';
import type { Difficulty } from '../../src/contract/variant.ts';
import { defects } from '../../src/scenario/catalogue.ts';
import { isEndToEnd, runProfile, type Profile } from '../support/profiles.ts';
import { armedFor, findsFor, isSeen, type Exhibit } from './exhibit.ts';
import { exhibits } from './museum.ts';

// How often each defect is found, profile by profile, against the published rates. Run by hand: `npm run museum`, or
// `npm run museum -- 1000 5001 RF-0` for more seeds, from another one on, of the rows that begin so. `reference` as a
// fourth word runs the same without the defects: nothing may be found.

interface Score {
  /** Runs in which anything saw it, in which a user or a property of the paper would have, in which `seenBy` did. */
  any: number;
  endToEnd: number;
  seen: number;
  /** Seeds tried when it was first seen; `null` if it was not. */
  firstSeen: number | null;
  /** Runs in which the variant differed from the reference at all. */
  fired: number;
  /** Runs in which something was found though it had not. */
  falseAlarms: number;
  /** Who saw it first, by how often. */
  readonly catchers: Map<string, number>;
}

const [seedsText = '100', firstText = '1', prefix = '', reference = ''] = process.argv.slice(2);
const seeds = Number(seedsText);
const firstSeed = Number(firstText);

function scoreOf(exhibit: Exhibit, profile: Profile): Score {
  const score: Score = {
    any: 0, endToEnd: 0, seen: 0, firstSeen: null, fired: 0, falseAlarms: 0, catchers: new Map(),
  };
  const defect = reference === '' ? armedFor(exhibit) : null;
  for (let tried = 1; tried <= seeds; tried += 1) {
    const result = runProfile(profile, defect, String(firstSeed + tried - 1), exhibit.settings, exhibit.system);
    const hasFired = (result.fired ?? 0) > 0;
    if (hasFired) score.fired += 1;
    const [first] = findsFor(exhibit, result);
    if (first === undefined) continue;
    if (!hasFired) score.falseAlarms += 1;
    score.any += 1;
    score.catchers.set(first, (score.catchers.get(first) ?? 0) + 1);
    if (isEndToEnd(result)) score.endToEnd += 1;
    if (!isSeen(exhibit, result)) continue;
    score.seen += 1;
    score.firstSeen ??= tried;
  }
  return score;
}

/** What a rate in parts of all runs is called. */
function gradeOf(rate: number): Difficulty {
  if (rate >= 0.1) return 'E';
  if (rate >= 0.01) return 'M';
  return rate >= 0.0005 ? 'H' : 'X';
}

const percent = (count: number): string => `${((100 * count) / seeds).toFixed(1)} %`;
const head = [
  'row', 'defect', 'grade', 'profile', 'fired', 'any', 'end to end', 'seen by', 'published', 'first', 'first catcher',
];
const table = new Table({ head, style: { head: [], border: [] } });
for (const exhibit of exhibits) {
  if (!exhibit.row.startsWith(prefix)) continue;
  const { row, id, seenBy, publishedPerMille, where } = exhibit;
  const declared = defects().find((defect) => defect.id === id)?.difficulty ?? '';
  for (const profile of ['swarm', 'gentle'] as const) {
    process.stderr.write(`${id}, ${profile} …\n`);
    const { any, endToEnd, seen, firstSeen, fired, falseAlarms, catchers } = scoreOf(exhibit, profile);
    const [most] = [...catchers].sort((a, b) => b[1] - a[1]);
    const isSwarm = profile === 'swarm';
    const measured = gradeOf(seen / seeds);
    table.push([
      row, id, isSwarm ? (declared === measured ? declared : `${declared}, now ${measured}`) : '', profile,
      percent(fired), percent(any), percent(endToEnd),
      `${percent(seen)} ${typeof where === 'string' ? seenBy : 'script'}`,
      isSwarm && publishedPerMille !== null ? `${publishedPerMille / 10} %` : '', firstSeen ?? '-',
      `${most?.[0] ?? '-'}${falseAlarms > 0 ? `, ${falseAlarms} FALSE` : ''}`,
    ]);
  }
}
process.stdout.write(`${seeds} seeds each, from ${firstSeed}\n${table.toString()}\n`);
