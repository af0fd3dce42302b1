import type { Committed, SessionId, SessionTurn, ZnodeChange, Zxid } from '../../src/history/znode-lines.ts';
import { Breaches, showZxid, type Found } from './breaches.ts';
import { isAnswered, isRead, linesOf, pathOf, type Asked, type ZnodeRecord } from './record.ts';
import { ascending, childOf, TreeHistory } from './tree.ts';

/**
 * K8, K9 and K10: what ends with a session, and that it ends once.
 *
 * - A transaction of a session, refusals aside, stands in the log between its beginning and its end (K9). A history
 *   without any beginning is the end of a longer one, and nothing is asked of sessions that it did not see begin.
 * - The end of a session takes all its ephemeral znodes, and nothing else (K8). No read as of then or later shows one:
 *   servers may have kept what the log has taken.
 * - A client that takes its session for over was told so by a server, or the log has the end of it before (K10): time
 *   of its own is no reason. What a server says so of ends in the log, if it began there. The client never comes back
 *   to such a session.
 */
export function judgeSessions(record: ZnodeRecord): Found {
  const breaches = new Breaches(record);
  const tree = new TreeHistory();
  const log = new SessionLog(tree, breaches, record.committed.some(({ change }) => change.change === 'create-session'));
  for (const committed of ascending(record.committed)) log.take(committed);
  for (const one of record.asked) if (isRead(one) && isAnswered(one)) nothingLeft(one, tree, log, breaches);
  const expired = clientsWereTold(record, log, breaches);
  const checked = { sessions: log.begun.size, ended: log.ended.size, ephemerals: log.ephemerals, expired };
  if (log.ended.size === 0 && expired === 0) return { breaches, checked, unknown: 'no session ended' };
  const valid = `${log.ended.size} sessions ended with their ${log.ephemerals} ephemeral znodes, and `
    + `${expired} clients were told of it`;
  return { breaches, checked, valid };
}

class SessionLog {
  readonly begun = new Map<SessionId, Committed>();
  readonly ended = new Map<SessionId, Committed>();
  /** Ephemeral znodes that went with their sessions. */
  ephemerals = 0;
  private readonly tree: TreeHistory;
  private readonly breaches: Breaches;
  private readonly seesBeginnings: boolean;
  /** Paths of each session, and the lines that created them. */
  private readonly owned = new Map<SessionId, Map<string, number>>();

  constructor(tree: TreeHistory, breaches: Breaches, seesBeginnings: boolean) {
    this.tree = tree;
    this.breaches = breaches;
    this.seesBeginnings = seesBeginnings;
  }

  take(committed: Committed): void {
    const { change } = committed;
    if (change.change === 'error') return;
    if (change.change === 'create-session') this.begin(committed);
    else this.mustBeOpen(committed);
    if (change.change === 'close-session') this.end(committed, change.paths);
    for (const one of flat(change)) this.count(one, committed);
    this.tree.take(committed);
  }

  private begin(committed: Committed): void {
    const { session, index, zxid } = committed;
    const before = this.begun.get(session) ?? this.ended.get(session);
    if (before !== undefined) {
      const summary = `session ${session} began again at ${showZxid(zxid)}`;
      this.breaches.add('K9', 'change-of-no-session', [before.index, index], summary, { session });
    }
    this.begun.set(session, committed);
  }

  private mustBeOpen({ session, index, zxid }: Committed): void {
    const end = this.ended.get(session);
    const what = `${showZxid(zxid)} is a transaction of session ${session}`;
    if (end !== undefined) {
      const summary = `${what}, which had ended at ${showZxid(end.zxid)}`;
      this.breaches.add('K9', 'change-of-no-session', [end.index, index], summary, { session });
    } else if (this.seesBeginnings && !this.begun.has(session)) {
      this.breaches.add('K9', 'change-of-no-session', [index], `${what}, which never began`, { session });
    }
  }

  private end(committed: Committed, paths: readonly string[]): void {
    const { session, index, zxid } = committed;
    const owned = this.owned.get(session) ?? new Map<string, number>();
    for (const [path, created] of owned) {
      if (paths.includes(path)) continue;
      const summary = `session ${session} ended at ${showZxid(zxid)}, and its ephemeral znode ${path} did not`;
      this.breaches.add('K8', 'ephemeral-left', [created, index], summary, { session, path });
    }
    for (const path of paths.filter((one) => !owned.has(one) && this.tree.at(one, zxid).znode !== null)) {
      const summary = `the end of session ${session} took ${path}, which was not its own`;
      const lines = [this.tree.at(path, zxid).index, index].filter((line) => line >= 0);
      this.breaches.add('K8', 'ephemeral-left', lines, summary, { session, path });
    }
    this.ephemerals += paths.length;
    this.owned.delete(session);
    if (!this.ended.has(session)) this.ended.set(session, committed);
  }

  private count(change: ZnodeChange, { index, zxid }: Committed): void {
    if (change.change === 'delete') for (const owned of this.owned.values()) owned.delete(change.path);
    if (change.change !== 'create' || change.ephemeralOwner === 0) return;
    const { ephemeralOwner: owner, path } = change;
    const end = this.ended.get(owner);
    if (end !== undefined) {
      const summary = `${path} was created at ${showZxid(zxid)} for session ${owner}, which had ended`;
      this.breaches.add('K8', 'ephemeral-left', [end.index, index], summary, { session: owner, path });
      return;
    }
    const owned = this.owned.get(owner);
    if (owned === undefined) this.owned.set(owner, new Map([[path, index]]));
    else owned.set(path, index);
  }
}

function flat(change: ZnodeChange): readonly ZnodeChange[] {
  return change.change === 'multi' ? change.changes : [change];
}

/** No read shows an ephemeral znode of a session that is over. */
function nothingLeft(asked: Asked, tree: TreeHistory, log: SessionLog, breaches: Breaches): void {
  const { answer } = asked;
  const zxid = asked.zxid as Zxid;
  const path = pathOf(asked) as string;
  const tell = (session: SessionId, shown: string): void => {
    const end = log.ended.get(session);
    if (end === undefined || end.zxid > zxid) return;
    const summary = `a read as of ${showZxid(zxid)} shows ${shown} of session ${session}, which had ended at `
      + showZxid(end.zxid);
    breaches.add('K8', 'ephemeral-seen', [end.index, ...linesOf(asked)], summary, { session, path: shown });
  };
  if (answer?.stat !== undefined && answer.stat.ephemeralOwner !== 0) tell(answer.stat.ephemeralOwner, path);
  for (const name of answer?.children ?? []) {
    const child = childOf(path, name);
    const standings = tree.allOf(child).filter((standing) => standing.zxid <= zxid);
    if (standings.at(-1)?.znode !== null) continue;
    const owner = standings.at(-2)?.znode?.ephemeralOwner ?? 0;
    if (owner !== 0) tell(owner, child);
  }
}

/** How many clients took their sessions for over; each has to have had a reason. */
function clientsWereTold({ turns }: ZnodeRecord, { begun, ended }: SessionLog, breaches: Breaches): number {
  const over = new Map<SessionId, SessionTurn>();
  for (const turn of turns) {
    const { session, state, index, server } = turn;
    const end = ended.get(session);
    const before = over.get(session);
    if (state === 'connected' && before !== undefined) {
      const summary = `a client came back to session ${session}, of which it had been told that it was over`;
      breaches.add('K10', 'back-from-the-end', [before.index, index], summary, { session });
    }
    if (state !== 'expired') continue;
    over.set(session, turn);
    if (end !== undefined && (server !== null || end.index < index)) continue;
    const begin = begun.get(session);
    // Of a session that the log does not know a server may say what it likes.
    if (server !== null && begin === undefined) continue;
    const later = end === undefined ? 'which never ended' : `which ended at ${showZxid(end.zxid)}, later`;
    const lines = [...(server === null || begin === undefined ? [] : [begin.index]), index,
      ...(end === undefined ? [] : [end.index])];
    const summary = server === null
      ? `a client took session ${session} for expired, ${later}, and no server had told it`
      : `server ${server} told a client that session ${session} was over, ${later}`;
    breaches.add('K10', 'not-expired', lines, summary, { session });
  }
  return over.size;
}
