import type { History } from '../../src/history/operation.ts';
import { axisOf } from './axis.ts';
import type { Found } from './breaches.ts';
import { judgeFreshSync } from './fresh-sync.ts';
import { readRecord, type ZnodeRecord } from './record.ts';
import type { ZnodeFinding, ZnodeModelName, ZnodeResult } from './result.ts';
import { judgeSessionOrder } from './session-order.ts';
import { judgeSessions } from './sessions.ts';
import { verifyZnodeFindings } from './verify-znodes.ts';
import { judgeWatches } from './watches.ts';
import { judgeWrites } from './writes.ts';

const JUDGES: Readonly<Record<ZnodeModelName, (record: ZnodeRecord) => Found>> = {
  'linearizable-writes': judgeWrites,
  'session-order': judgeSessionOrder,
  'fresh-sync': judgeFreshSync,
  'watches': judgeWatches,
  'sessions': judgeSessions,
};

/**
 * Whether a history of operations on znodes has what ZooKeeper guarantees, in the part that `model` names. Reads the
 * operations, and the lines `committed`, `session` and `event` of the nemesis; nothing else is known of the service.
 *
 * `unknown`: a malformed history; nothing of the kind happened. Costs O(n log n), for watches times how many stand.
 */
export function checkZnodes(history: History, model: ZnodeModelName): ZnodeResult {
  return prepareZnodes(history)(model);
}

/** The same for several models: what they have in common is read once. Nobody may change the history in between. */
export function prepareZnodes(history: History): (model: ZnodeModelName) => ZnodeResult {
  const record = readRecord(history);
  return (model) => judgeRecord(history, record, model);
}

function judgeRecord(history: History, record: ZnodeRecord | string, model: ZnodeModelName): ZnodeResult {
  const common = { model, witness: null, evidence: null, verified: false };
  if (typeof record === 'string') {
    return { ...common, verdict: 'unknown', operations: 0, algorithm: 'none', reason: record, checked: {} };
  }
  const found = JUDGES[model](record);
  const { breaches, checked } = found;
  const judged = { ...common, operations: record.asked.length, checked };
  const findings = [...breaches.findings].sort((left, right) => left.atUs - right.atUs);
  const [first] = findings;
  if (first !== undefined) {
    const others = breaches.count === 1 ? '' : `, and ${breaches.count - 1} more`;
    const summary = `${told(first)}${others}`;
    const evidence = { findings, summary, axis: axisOf(history, first) };
    const verified = verifyZnodeFindings(history, findings) === null;
    return { ...judged, verdict: 'invalid', algorithm: 'replay', evidence, verified, reason: summary };
  }
  if ('unknown' in found) return { ...judged, verdict: 'unknown', algorithm: 'none', reason: found.unknown };
  return { ...judged, verdict: 'valid', algorithm: 'replay', reason: found.valid };
}

function told({ guarantee, summary }: ZnodeFinding): string {
  return `${guarantee}: ${summary}`;
}
