import { expect, test } from 'vitest';
import { checkFencing, checkLock, pairOperations, type History, type Operation } from '../../../checkers/index.ts';
import { drawFrom } from '../../support/histories/random-history.ts';
import { randomHolds, randomStores } from '../../support/histories/random-locks.ts';

/** More of them, and others, by environment: `HISTORIES=600000 HISTORY_SEED=7`. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 20_000);
const SEED = Number(process.env['HISTORY_SEED'] ?? 20_260_303);

/** An ok store as the definitions see it. */
interface Told {
  readonly operation: Operation;
  readonly grant: number;
  readonly place: number | null;
}

const textOf = (history: History): string => history.map((event) => JSON.stringify(event)).join('\n');

function askedWith({ input }: Operation): { readonly token: number | null; readonly grant: number } {
  return input as unknown as { readonly token: number | null; readonly grant: number };
}

function toldOf(operations: readonly Operation[], key: string | null): Told[] {
  return operations.filter((operation) => operation.key === key && operation.outcome === 'ok').map((operation) => {
    const place = (operation.output as { readonly index?: number } | null)?.index ?? null;
    return { operation, grant: askedWith(operation).grant, place };
  });
}

function isDirectlyBefore(left: Told, right: Told, isConcurrent: boolean): boolean {
  if (left.place !== null && right.place !== null && left.place < right.place) return true;
  return isConcurrent
    ? (left.operation.completedAtUs as number) < right.operation.invokedAtUs
    : (left.operation.completedIndex as number) < right.operation.invokedIndex;
}

/** All pairs, and whatever follows from pairs: the definition, in n cubed. */
function certainOrder(told: readonly Told[], isConcurrent: boolean): boolean[][] {
  const before = told.map((left) => told.map((right) => left !== right && isDirectlyBefore(left, right, isConcurrent)));
  for (const [middle, row] of before.entries()) {
    for (const from of before) {
      if (from[middle] === true) for (const to of told.keys()) from[to] ||= row[to] === true;
    }
  }
  return before;
}

/** Whether some order of application has all that is certain, and (if asked) no grant behind a newer one. */
function hasOrder(told: readonly Told[], isConcurrent: boolean, mustGrow: boolean): boolean {
  const place = (left: readonly Told[], grant: number): boolean => left.length === 0 || left.some((next) => {
    if (mustGrow && next.grant < grant) return false;
    const others = left.filter((other) => other !== next);
    if (others.some((other) => isDirectlyBefore(other, next, isConcurrent)
      || (other.place !== null && other.place === next.place))) return false;
    return place(others, next.grant);
  });
  return place(told, -1);
}

/** How many grants of a key have a token below one of an older grant, and how many one that an older grant had. */
function wrongTokens(operations: readonly Operation[], key: string | null): readonly [number, number] {
  const asked = operations.filter((operation) => operation.key === key).map(askedWith)
    .filter(({ token }) => token !== null) as { token: number; grant: number }[];
  const count = (isWrong: (older: number, later: number) => boolean): number =>
    new Set(asked.filter((later) => asked.some((older) =>
      older.grant < later.grant && isWrong(older.token, later.token))).map(({ grant }) => grant)).size;
  return [count((older, later) => older > later), count((older, later) => older === later)];
}

test(`fencing agrees with its definition on ${HISTORIES} histories of at most 7 stores`, () => {
  const draw = drawFrom(SEED);
  const seen = { valid: 0, invalid: 0, unknown: 0 };
  const shapes = { chains: 0, contradictions: 0, hidden: 0 };
  for (let round = 0; round < HISTORIES; round += 1) {
    const history = randomStores(draw, 2 + draw(6));
    const isConcurrent = draw(4) === 0;
    const result = checkFencing(history, { equalTimes: isConcurrent ? 'concurrent' : 'ordered' });
    const text = `${round} ${isConcurrent}\n${textOf(history)}`;
    seen[result.verdict] += 1;
    const { operations } = pairOperations(history);
    const expected = { stale: 0, falls: 0, reused: 0 };
    let isContradictory = false;
    for (const key of new Set(operations.map((operation) => operation.key))) {
      const told = toldOf(operations, key);
      const [falls, reused] = wrongTokens(operations, key);
      expected.falls += falls;
      expected.reused += reused;
      if (!hasOrder(told, isConcurrent, false)) {
        isContradictory = true;
        continue;
      }
      const before = certainOrder(told, isConcurrent);
      const stale = told.filter((older, at) => told.some((newer, from) =>
        newer.grant > older.grant && before[from]?.[at] === true)).length;
      expect(stale === 0, text).toBe(hasOrder(told, isConcurrent, true));
      expected.stale += stale;
    }
    const findings = result.evidence?.findings ?? [];
    const count = (kind: string): number => findings.filter((finding) => finding.kind === kind).length;
    const found = {
      stale: count('older-after-newer'), falls: count('token-falls'), reused: count('token-reused'),
    };
    expect(found, text).toEqual(expected);
    expect(result.verdict === 'invalid', text).toBe(expected.stale + expected.falls + expected.reused > 0);
    if (result.verdict === 'valid') expect(isContradictory, text).toBe(false);
    expect(result.verified, `${result.reason}\n${text}`).toBe(result.verdict !== 'unknown');
    if (findings.some(({ kind, stores }) => kind === 'older-after-newer' && stores.length > 2)) shapes.chains += 1;
    if (isContradictory) shapes.contradictions += 1;
    if (result.verdict === 'valid' && operations.some(({ outcome }) => outcome === 'info')) shapes.hidden += 1;
    if (result.verdict === 'unknown') expect(result.reason, text).not.toContain('internal');
  }
  expect(Math.min(seen.valid, seen.invalid, seen.unknown)).toBeGreaterThan(HISTORIES / 20);
  expect(Math.min(...Object.values(shapes))).toBeGreaterThan(HISTORIES / 2_000);
});

test.each([['mutual-exclusion', 'believes'], ['lock-ownership', 'owns']] as const)(
  `%s agrees with its definition on ${HISTORIES} histories of at most 7 intervals`, (model, f) => {
    const draw = drawFrom(SEED + 1);
    const seen = { valid: 0, invalid: 0, unknown: 0 };
    for (let round = 0; round < HISTORIES; round += 1) {
      const history = randomHolds(draw, 1 + draw(7), f);
      const result = checkLock(history, model);
      const text = `${round}\n${textOf(history)}`;
      seen[result.verdict] += 1;
      const holds = history.map(({ value }) => value as unknown as {
        process: number; lock: string; grant: number; fromUs: number; untilUs: number });
      // An instant in common, and a whole number of microseconds: so it shows at some microsecond.
      const shared = (left: (typeof holds)[number], right: (typeof holds)[number]): boolean =>
        Array.from({ length: 80 }, (_, atUs) => atUs).some((atUs) =>
          [left, right].every(({ fromUs, untilUs }) => fromUs <= atUs && atUs < untilUs));
      const pairs = holds.flatMap((left, at) => holds.slice(at + 1)
        .filter((right) => left.lock === right.lock && left.process !== right.process && shared(left, right))
        .map((right) => [left, right]));
      const isPlural = holds.some((left) => holds.some((right) => left.lock === right.lock
        && left.grant !== right.grant && [left, right].every(({ fromUs, untilUs }) => fromUs < untilUs)));
      expect(result.verdict, text).toBe(pairs.length > 0 ? 'invalid' : isPlural ? 'valid' : 'unknown');
      expect(result.verified, `${result.reason}\n${text}`).toBe(result.verdict !== 'unknown');
      // One finding for each that begins while another lasts.
      const byStart = holds.map((each, at) => ({ each, at })).sort((left, right) =>
        left.each.fromUs - right.each.fromUs || left.each.untilUs - right.each.untilUs || left.at - right.at);
      const begun = byStart.filter(({ each }, at) => byStart.slice(0, at).some((before) =>
        pairs.some((pair) => pair.includes(each) && pair.includes(before.each))));
      expect(result.evidence?.findings.length ?? 0, text).toBe(begun.length);
      if (result.verdict === 'unknown') expect(result.reason, text).not.toContain('internal');
    }
    expect(Math.min(seen.valid, seen.invalid, seen.unknown)).toBeGreaterThan(HISTORIES / 20);
  });
