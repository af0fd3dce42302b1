import type { Committed, SessionId, ZnodeAnswer, Zxid } from '../../src/history/znode-lines.ts';
import { attribute } from './attribution.ts';
import { Breaches, showZxid, type Found } from './breaches.ts';
import { isAnswered, isRead, isWrite, linesOf, type Asked, type ZnodeRecord } from './record.ts';
import { apply, childOf, statOf, treeOf, type Standing, type TreeHistory, type Znode } from './tree.ts';
import { wrongAnswer } from './wrong-answer.ts';

/**
 * K2, K3 and K4: what one session does and sees.
 *
 * - The writes of a session are in the log in the order in which they were asked for; those without an answer, too, if
 *   the history tells which of the session's requests they were.
 * - The zxids of its answers never fall, whichever server gives them. An event is no answer, and a session that has
 *   moved may hear of a change again, from a server that has it later: as with ZooKeeper's own client.
 * - Each read shows the tree as the log has it at the zxid of the answer, with all of its Stat. If it shows a half of a
 *   multi, that is K12.
 * - A write has a higher zxid than everything that its session saw before it asked.
 *
 * If writes are linearizable besides, then all operations, ordered by zxid, reads behind the write of the same, are in
 * one order in which each session finds its own (K4).
 */
export function judgeSessionOrder(record: ZnodeRecord): Found {
  const breaches = new Breaches(record);
  const tree = treeOf(record.committed);
  const sessions = answersBySession(record);
  for (const answers of sessions.values()) zxidsGrow(answers, breaches);
  writesInOrder(record, breaches);
  knownToTheLog(record, breaches);
  const reads = new Reads(record, tree, breaches);
  const looked = record.asked.filter((one) => isRead(one) && isAnswered(one));
  looked.forEach((one) => reads.look(one));
  const compared = [...sessions.values()].reduce((sum, answers) => sum + answers.length - 1, 0);
  const checked = { sessions: sessions.size, answers: compared + sessions.size, reads: looked.length };
  if (compared === 0) return { breaches, checked, unknown: 'no session had two answers' };
  const valid = `${checked.answers} answers to ${sessions.size} sessions never went back, and ${looked.length} reads `
    + 'were of the tree as the log has it';
  return { breaches, checked, valid };
}

/** In the order in which they came. */
function answersBySession({ asked }: ZnodeRecord): ReadonlyMap<SessionId, readonly Asked[]> {
  const sessions = new Map<SessionId, Asked[]>();
  const byEnd = asked.filter(isAnswered).sort((left, right) =>
    (left.operation.completedIndex as number) - (right.operation.completedIndex as number));
  for (const one of byEnd) {
    const session = one.session as SessionId;
    const answers = sessions.get(session);
    if (answers === undefined) sessions.set(session, [one]);
    else answers.push(one);
  }
  return sessions;
}

function zxidsGrow(answers: readonly Asked[], breaches: Breaches): void {
  let highest: Asked | null = null;
  for (const one of answers) {
    const zxid = one.zxid as Zxid;
    if (highest !== null && zxid < (highest.zxid as Zxid)) {
      const seen = `session ${one.session} had seen ${showZxid(highest.zxid as Zxid)}`;
      const lines = [highest.operation.completedIndex as number, ...linesOf(one)];
      breaches.addOf(one, 'K3', 'goes-back', lines, `${seen}, and was then answered as of ${showZxid(zxid)}`);
      continue;
    }
    const wasSeen = highest !== null && zxid === highest.zxid && isWrite(one) && one.answer !== null
      && (highest.operation.completedIndex as number) < one.operation.invokedIndex;
    if (wasSeen) {
      const summary = `session ${one.session} had seen ${showZxid(zxid)} before it asked for what that does`;
      const lines = [highest?.operation.completedIndex as number, ...linesOf(one)];
      breaches.addOf(one, 'K4', 'sees-own-future', lines, summary);
    }
    highest = one;
  }
}

/** Of each session the place of its writes in the log, in the order in which they were asked for. */
function writesInOrder(record: ZnodeRecord, breaches: Breaches): void {
  const { committedFor, guessed } = attribute(record);
  const highest = new Map<SessionId, { readonly asked: Asked; readonly committed: Committed }>();
  for (const asked of record.asked) {
    const committed = committedFor.get(asked);
    if (committed === undefined || guessed.has(asked)) continue;
    // What a session has left at a server comes late, or behind its end, and so is refused: that it is not carried out
    // keeps the order.
    if (committed.change.change === 'error' && hasComeLate(committed.change.error)) continue;
    const { session, zxid, index } = committed;
    const before = highest.get(session);
    if (before !== undefined && zxid < before.committed.zxid) {
      const [first, second] = [before.asked, asked].map(({ request }) => request.op);
      const summary = `session ${session} asked for ${first} before ${second}, `
        + `but ${showZxid(before.committed.zxid)} came behind ${showZxid(zxid)}`;
      const lines = [before.asked.operation.invokedIndex, asked.operation.invokedIndex, index, before.committed.index];
      breaches.add('K2', 'out-of-order', lines, summary, { session });
      continue;
    }
    highest.set(session, { asked, committed });
  }
}

function hasComeLate(error: string): boolean {
  return error === 'SessionMoved' || error === 'SessionExpired';
}

/** A server that tells a zxid has applied everything up to it: so somebody had committed it. */
function knownToTheLog({ asked, committed }: ZnodeRecord, breaches: Breaches): void {
  const byEnd = asked.filter(isAnswered).sort((left, right) =>
    (left.operation.completedIndex as number) - (right.operation.completedIndex as number));
  let next = 0;
  for (const one of byEnd) {
    const end = one.operation.completedIndex as number;
    while (next < committed.length && (committed[next] as Committed).index < end) next += 1;
    const ahead = committed[next];
    if (ahead === undefined || ahead.zxid > (one.zxid as Zxid)) continue;
    const summary = `an answer as of ${showZxid(one.zxid as Zxid)} came before ${showZxid(ahead.zxid)} was committed`;
    breaches.addOf(one, 'K3', 'ahead-of-log', [...linesOf(one), ahead.index], summary);
  }
}

/** Compares what was read with the tree. */
class Reads {
  private readonly tree: TreeHistory;
  private readonly breaches: Breaches;
  private readonly committed: readonly Committed[];

  constructor({ committed }: ZnodeRecord, tree: TreeHistory, breaches: Breaches) {
    this.committed = committed;
    this.tree = tree;
    this.breaches = breaches;
  }

  look(asked: Asked): void {
    const { request } = asked;
    const path = 'path' in request ? request.path : '/';
    const zxid = asked.zxid as Zxid;
    const standing = this.tree.at(path, zxid);
    const wrong = wrongRead(asked, standing.znode);
    if (wrong === null) return;
    const half = this.halfShown(asked, path, zxid);
    const causes = half === null ? this.causes(asked, path, zxid, standing.znode) : [half];
    const lines = [standing.index, ...causes, ...linesOf(asked)].filter((index) => index >= 0);
    const where = `${request.op} ${path} as of ${showZxid(zxid)}`;
    if (half !== null) return this.breaches.addOf(asked, 'K12', 'wrong-read', lines, `${where} shows half of a multi`);
    const then = this.shownLast(asked, path);
    const other = then === null ? '' : `; so it was as of ${showZxid(then.zxid)}`;
    this.breaches.addOf(asked, 'K2', 'wrong-read', lines, `${where} shows ${wrong}${other}`);
  }

  /** When the path stood last as it is shown. Its zxids are looked at first: lists of children are long. */
  private shownLast(asked: Asked, path: string): Standing | null {
    const stat = asked.answer?.stat;
    const standings = this.tree.allOf(path);
    for (let at = standings.length - 1; at >= 0; at -= 1) {
      const standing = standings[at] as Standing;
      const { znode } = standing;
      const isOther = stat !== undefined && (stat.mzxid !== znode?.mzxid || stat.pzxid !== znode.pzxid);
      if (!isOther && wrongRead(asked, znode) === null) return standing;
    }
    return null;
  }

  /** The line of a multi, the last that the server had applied or the one behind it, of which some part is shown. */
  private halfShown(asked: Asked, path: string, zxid: Zxid): number | null {
    const behind = this.committed.findIndex((one) => one.zxid > zxid);
    const next = behind < 0 ? this.committed.length : behind;
    for (const { change, index, zxid: of } of this.committed.slice(Math.max(0, next - 1), next + 1)) {
      if (change.change !== 'multi') continue;
      const draft = this.tree.before(of);
      for (const part of change.changes.slice(0, -1)) {
        apply(draft, part);
        if (wrongRead(asked, draft.find(path)) === null) return index;
      }
    }
    return null;
  }

  /** The transactions that gave or took the children of which the answer is wrong. */
  private causes({ answer }: Asked, path: string, zxid: Zxid, znode: Znode | null): readonly number[] {
    const [shown, real] = [answer?.children ?? [], znode?.children ?? []];
    if (answer?.children === undefined) return [];
    const differing = [...shown, ...real].filter((name) => shown.includes(name) !== real.includes(name));
    return differing.map((name) => this.tree.at(childOf(path, name), zxid).index);
  }
}

/** What a read shows that is not so, or `null`. */
function wrongRead({ request, answer, error }: Asked, znode: Znode | null): string | null {
  if (answer === null) return error !== 'NoNode' ? null : znode === null ? null : 'nothing where there is a znode';
  if (znode === null) return 'a znode where there is none';
  const expected: ZnodeAnswer = {
    ...(request.op === 'get' ? { data: znode.data } : {}),
    ...(request.op === 'children' ? { children: znode.children } : {}),
    stat: statOf(znode),
  };
  return wrongAnswer(answer, expected);
}
