import type { Committed, Zxid } from '../../src/history/znode-lines.ts';
import { attribute, fits, type Attribution } from './attribution.ts';
import { Breaches, showZxid, type Found } from './breaches.ts';
import { isAnswered, isWrite, linesOf, pathOf, type Asked, type ZnodeRecord } from './record.ts';
import type { Guarantee } from './result.ts';
import { apply, isNumbered, numberIn, parentOf, perform, TreeHistory, type Draft } from './tree.ts';
import { wrongAnswer } from './wrong-answer.ts';

/**
 * K1, K11, K12 and K13: the transactions in the order of their zxids are what the clients' writes came to.
 *
 * Each committed change is carried out on a tree of the checker's own, and so is, beside it, the request that it was
 * made from: both have to come to the same, and the answer of the client to what the request gives there. A refusal has
 * to be the one that the tree gives at its place in the log. That writes respect real time follows from where the lines
 * stand: a transaction is committed between the invocation and the answer, and the log has one order.
 *
 * What is not known is not held against anybody: a request without an answer may have been carried out or not, and a
 * transaction that may be that of another request is not measured by the conditions of this one.
 */
export function judgeWrites(record: ZnodeRecord): Found {
  const breaches = new Breaches(record);
  zxidsGrow(record, breaches);
  // Without an order there is nothing to compare with.
  if (breaches.count > 0) return { breaches, checked: {}, unknown: 'the log has no order' };
  const attribution = attribute(record);
  const replay = new Replay(breaches, attribution);
  for (const committed of record.committed) replay.take(committed);
  placesInTime(record, attribution, breaches);
  nobodyAsked(attribution, breaches);
  const written = record.asked.filter((one) => isWrite(one) && isAnswered(one)).length;
  const transactions = record.committed.length;
  const checked = { writes: written, transactions, unanswered: replay.unanswered };
  if (transactions === 0) return { breaches, checked, unknown: 'nothing was committed' };
  if (written === 0) return { breaches, checked, unknown: 'no write was answered' };
  const valid = `the answers to ${written} writes are those of the ${transactions} transactions in their order`;
  return { breaches, checked, valid };
}

/** Refusals that stand in the log; all others may come before. */
const TREE_ERRORS = ['NoNode', 'NodeExists', 'BadVersion', 'NotEmpty', 'NoChildrenForEphemerals'];

function zxidsGrow({ committed }: ZnodeRecord, breaches: Breaches): void {
  for (const [at, one] of committed.entries()) {
    const before = committed[at - 1];
    if (before === undefined || one.zxid > before.zxid) continue;
    const summary = `${showZxid(one.zxid)} was committed after ${showZxid(before.zxid)}`;
    breaches.add('K1', 'zxids-fall', [before.index, one.index], summary, one);
  }
}

/** Each answer has its transaction, which came between the invocation and the answer; and nobody else has it. */
function placesInTime({ asked }: ZnodeRecord, attribution: Attribution, breaches: Breaches): void {
  const { committedFor, claimedTwice, askedBy } = attribution;
  for (const one of asked.filter(isWrite)) {
    const { operation: { invokedIndex, completedIndex }, answer, zxid, request: { op } } = one;
    if (zxid === null) continue;
    const committed = committedFor.get(one);
    const lines = linesOf(one);
    const who = `${op} was answered with ${showZxid(zxid)}`;
    if (committed === undefined) {
      if (answer === null && !TREE_ERRORS.includes(one.error ?? '')) continue;
      breaches.addOf(one, 'K1', 'not-committed', lines, `${who}, under which the log has nothing of it`);
    } else if (committed.index > (completedIndex as number)) {
      const summary = `${who} before that was committed`;
      breaches.addOf(one, 'K1', 'not-committed', [...lines, committed.index], summary);
    } else if (committed.index < invokedIndex) {
      const summary = `${who}, which was committed before it was asked for`;
      breaches.addOf(one, 'K1', 'before-asked', [committed.index, ...lines], summary);
    } else if (answer !== null && (committed.session !== one.session || !fits(one.request, committed))) {
      const summary = `${who}, which does something else`;
      breaches.addOf(one, 'K1', 'not-as-asked', [committed.index, ...lines], summary);
    }
  }
  for (const one of claimedTwice) {
    const first = askedBy.get(one.zxid as Zxid) as Asked;
    const summary = `two operations were answered with ${showZxid(one.zxid as Zxid)}`;
    breaches.addOf(one, 'K1', 'not-as-asked', [...linesOf(first), ...linesOf(one)], summary);
  }
}

function nobodyAsked({ unasked }: Attribution, breaches: Breaches): void {
  for (const committed of unasked) {
    const { zxid, session, index } = committed;
    const summary = `${showZxid(zxid)} of session ${session} does what nobody asked for, or what was done already`;
    breaches.add('K1', 'nobody-asked', [index], summary, { session });
  }
}

// ── The tree ───────────────────────────────────────────────────────────

/** Carries out what was committed, and beside it what was asked for. */
class Replay {
  /** Transactions of requests whose answers did not come. */
  unanswered = 0;
  private readonly tree = new TreeHistory();
  private readonly breaches: Breaches;
  private readonly attribution: Attribution;
  /** By parent and its czxid: the highest number of a sequential znode so far, and the line that has it. */
  private readonly numbers = new Map<string, { readonly index: number; readonly number: number }>();

  constructor(breaches: Breaches, attribution: Attribution) {
    this.breaches = breaches;
    this.attribution = attribution;
  }

  take(committed: Committed): void {
    const { askedBy, guessed } = this.attribution;
    const asked = askedBy.get(committed.zxid);
    const isRefusal = committed.change.change === 'error';
    if (asked !== undefined && asked.zxid === null) this.unanswered += 1;
    const isJudged = asked !== undefined && !guessed.has(asked);
    if (isJudged && (isRefusal || fits(asked.request, committed))) this.compare(asked, committed);
    this.tree.take(committed);
  }

  private compare(asked: Asked, committed: Committed): void {
    const { request, operation, zxid: answered } = asked;
    const { change, session, zxid, index } = committed;
    const refused = change.change === 'error' ? change.error : null;
    // What a path may look like is a matter of its own, and sessions are another checker's.
    if (refused === 'BadArguments' || refused === 'SessionExpired' || refused === 'SessionMoved') return;
    if (request.op === 'close') return;
    const wanted = this.tree.draft(zxid);
    const performed = perform(wanted, request, session, change);
    const expected = 'error' in performed ? performed.error : null;
    const guarantee = guaranteeOf(asked, [expected, refused]);
    const lines = [...this.causes(wanted, asked, zxid), operation.invokedIndex, index];
    const where = `${request.op} at ${showZxid(zxid)}`;
    const about = { session, path: pathOf(asked) };
    if (expected !== refused) {
      const was = refused === null ? 'was carried out' : `was refused with ${refused}`;
      const should = expected === null ? 'nothing stands against it' : `the tree before it gives ${expected}`;
      return this.breaches.add(guarantee, 'wrong-change', lines, `${where} ${was}, but ${should}`, about);
    }
    const made = this.tree.draft(zxid);
    apply(made, change);
    if (expected === null && !wanted.isSameAs(made)) {
      const summary = `${where} came to something else than the tree before it gives`;
      return this.breaches.add(guarantee, 'wrong-change', lines, summary, about);
    }
    if (expected === null) this.compareNumbers(asked, committed, wanted);
    const wrong = answered === null ? null : 'error' in performed ? wrongError(asked, performed.error)
      : wrongAnswer(asked.answer ?? {}, performed.answer);
    if (wrong === null) return;
    const all = [...lines, operation.completedIndex as number];
    this.breaches.addOf(asked, guarantee, 'wrong-answer', all, `${where} has a wrong answer: ${wrong}`);
  }

  /** The lines that say how the paths stood that were asked about. */
  private causes(wanted: Draft, { request }: Asked, zxid: Zxid): number[] {
    const own = request.op === 'multi' ? request.ops.map(({ path }) => path) : 'path' in request ? [request.path] : [];
    const paths = new Set([...own, ...own.map(parentOf), ...wanted.changed.keys()]);
    return [...paths].map((path) => this.tree.at(path, zxid).index).filter((index) => index >= 0);
  }

  private compareNumbers({ request }: Asked, { change, index, session }: Committed, wanted: Draft): void {
    const ops = request.op === 'multi' ? request.ops : request.op === 'create' ? [request] : [];
    const changes = change.change === 'multi' ? change.changes : [change];
    for (const [at, op] of ops.entries()) {
      const one = changes[at];
      const isSequential = op.op === 'create' && op.mode.endsWith('sequential');
      if (!isSequential || one?.change !== 'create' || !isNumbered(one.path, op.path)) continue;
      const parent = parentOf(one.path);
      const name = `${parent} ${wanted.find(parent)?.czxid}`;
      const before = this.numbers.get(name);
      const number = numberIn(one.path);
      if (before !== undefined && number <= before.number) {
        const summary = `${one.path} has number ${number}, after a sibling with number ${before.number}`;
        this.breaches.add('K11', 'number-falls', [before.index, index], summary, { session, path: one.path });
        continue;
      }
      this.numbers.set(name, { index, number });
    }
  }
}

function guaranteeOf({ request }: Asked, errors: readonly (string | null)[]): Guarantee {
  if (errors.includes('BadVersion')) return 'K13';
  return request.op === 'multi' ? 'K12' : 'K1';
}

function wrongError({ error }: Asked, expected: string): string | null {
  return error === expected ? null : `${error ?? 'ok'} where the log has ${expected}`;
}
