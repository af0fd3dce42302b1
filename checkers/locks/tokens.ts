import type { LockFinding, Store } from './result.ts';

/**
 * Where the tokens of one resource's stores do not grow with the grants: for each grant at most one token that is lower
 * than one of an older grant, and one that an older grant had too. What a store was asked with is known whatever became
 * of it. O(n log n).
 */
export function tokenFindings(stores: readonly Store[]): LockFinding[] {
  const byGrant = [...stores].filter(({ token }) => token !== null)
    .sort((left, right) => left.grant - right.grant || left.invokedIndex - right.invokedIndex);
  const findings: LockFinding[] = [];
  /** By token, the first store of the oldest grant. */
  const firstWith = new Map<number, Store>();
  let highest: Store | null = null;
  for (let start = 0; start < byGrant.length;) {
    const { grant } = byGrant[start] as Store;
    let end = start;
    while (byGrant[end]?.grant === grant) end += 1;
    const ofGrant = byGrant.slice(start, end);
    const lowest = ofGrant.reduce((least, store) => (tokenOf(store) < tokenOf(least) ? store : least));
    if (highest !== null && tokenOf(highest) > tokenOf(lowest)) findings.push(fall(highest, lowest));
    const again = ofGrant.find((store) => firstWith.has(tokenOf(store)));
    if (again !== undefined) findings.push(reuse(firstWith.get(tokenOf(again)) as Store, again));
    for (const store of ofGrant) {
      if (!firstWith.has(tokenOf(store))) firstWith.set(tokenOf(store), store);
      if (highest === null || tokenOf(store) > tokenOf(highest)) highest = store;
    }
    start = end;
  }
  return findings;
}

function fall(older: Store, later: Store): LockFinding {
  const before = `grant ${older.grant} of process ${older.process} had token ${older.token}`;
  const after = `the newer grant ${later.grant} of process ${later.process} the lower token ${later.token}`;
  return finding('token-falls', older, later, `${before}, and ${after}`);
}

function reuse(older: Store, later: Store): LockFinding {
  const who = `grant ${older.grant} of process ${older.process} and grant ${later.grant} of process ${later.process}`;
  return finding('token-reused', older, later, `${who} had the same token ${later.token}`);
}

function finding(kind: LockFinding['kind'], older: Store, later: Store, summary: string): LockFinding {
  const atUs = Math.max(older.invokedAtUs, later.invokedAtUs);
  return { kind, key: later.key, stores: [older, later], holds: [], atUs, summary };
}

function tokenOf({ token }: Store): number {
  return token as number;
}
