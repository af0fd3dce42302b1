import type { Hold, HoldKind } from '../../src/history/lock-lines.ts';
import type { History } from '../../src/history/operation.ts';
import { pairOperations } from '../../src/history/operations.ts';
import type { KeyWitness } from '../verify.ts';
import { answer, firstProblem, holdsIn } from './answer.ts';
import type { LockFinding, LockModelName, LockResult } from './result.ts';

/**
 * Whether two processes ever believed at one instant of true time that they held one lock, each by its own rule and its
 * own clock: the lines `believes` of the nemesis.
 *
 * Intervals are half open: one that begins where another ends does not overlap it. One without length, or that ends
 * before it begins, is no belief: the client found nothing left of its validity. Intervals of one process never
 * overlap each other in this sense; the process of a line is the number that the client had when the lock was granted.
 *
 * `unknown`: no lock of which two grants were held; a malformed history. O(n log n).
 */
export function checkMutualExclusion(history: History): LockResult {
  return checkHolds(history, 'mutual-exclusion', 'believes');
}

/**
 * The same of what the servers say: whether two processes ever owned one lock at one instant of true time. For a lock
 * on a quorum of servers, owning is to stand on a quorum of them, unexpired. The lines `owns` of the nemesis.
 */
export function checkLockOwnership(history: History): LockResult {
  return checkHolds(history, 'lock-ownership', 'owns');
}

function checkHolds(history: History, model: LockModelName, kind: HoldKind): LockResult {
  const problem = firstProblem(history, pairOperations(history).problems);
  const all = problem === null ? holdsIn(history, kind) : [];
  const judgement = { model, history, operations: all.length, options: {}, prevented: null };
  if (problem !== null) return answer(judgement, { unknown: problem });
  const holds = all.filter(({ fromUs, untilUs }) => fromUs < untilUs);
  const locks = byLock(holds);
  const findings = [...locks.values()].flatMap((ofLock) => overlaps(ofLock, kind));
  if (findings.length > 0) return answer(judgement, { findings });
  const empty = all.length - holds.length;
  const without = empty === 0 ? '' : ` (${empty} more without length)`;
  const hasTwo = [...locks.values()].some((ofLock) => new Set(ofLock.map(({ grant }) => grant)).size >= 2);
  if (!hasTwo) return answer(judgement, { unknown: `no lock of which two grants were held${without}` });
  const witness = [...locks].map(([key, ofLock]): KeyWitness => ({ key, order: ofLock.map(({ index }) => index) }));
  const what = kind === 'believes' ? 'believed that they held' : 'owned';
  return answer(judgement, { witness, valid: `no two processes ${what} a lock at one time${without}` });
}

/** The intervals of each lock, in the order of their starts. */
function byLock(holds: readonly Hold[]): ReadonlyMap<string, Hold[]> {
  const locks = new Map<string, Hold[]>();
  const byStart = [...holds].sort((left, right) =>
    left.fromUs - right.fromUs || left.untilUs - right.untilUs || left.index - right.index);
  for (const hold of byStart) {
    const ofLock = locks.get(hold.lock);
    if (ofLock === undefined) locks.set(hold.lock, [hold]);
    else ofLock.push(hold);
  }
  return locks;
}

/**
 * For each interval that begins while one of another process lasts, that one which lasts longest. In the order of
 * their starts, two are enough to remember: the one that lasts longest, and the longest of all other processes.
 */
function overlaps(byStart: readonly Hold[], kind: HoldKind): LockFinding[] {
  const findings: LockFinding[] = [];
  let longest: Hold | null = null;
  let ofOthers: Hold | null = null;
  for (const hold of byStart) {
    const rival: Hold | null = longest?.process === hold.process ? ofOthers : longest;
    if (rival !== null && rival.untilUs > hold.fromUs) findings.push(overlap(rival, hold, kind));
    if (longest === null || longest.process === hold.process) {
      if (longest === null || hold.untilUs > longest.untilUs) longest = hold;
    } else if (hold.untilUs > longest.untilUs) {
      [longest, ofOthers] = [hold, longest];
    } else if (ofOthers === null || hold.untilUs > ofOthers.untilUs) {
      ofOthers = hold;
    }
  }
  return findings;
}

function overlap(first: Hold, second: Hold, kind: HoldKind): LockFinding {
  const forUs = Math.min(first.untilUs, second.untilUs) - second.fromUs;
  const who = `processes ${first.process} (grant ${first.grant}) and ${second.process} (grant ${second.grant})`;
  const what = kind === 'believes' ? 'both believed that they held' : 'both owned';
  return {
    kind: 'overlap',
    key: first.lock,
    stores: [],
    holds: [first, second],
    atUs: second.fromUs,
    summary: `${who} ${what} ${first.lock} for ${forUs} us`,
  };
}
