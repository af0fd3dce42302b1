import type {
  Committed, SentAs, SessionId, ZnodeChange, ZnodeRequest, ZnodeWrite, Zxid,
} from '../../src/history/znode-lines.ts';
import { once } from './once.ts';
import { isAnswered, isWrite, sessionsByProcess, type Asked, type ZnodeRecord } from './record.ts';
import { isNumbered } from './tree.ts';

/** Which transaction carried out which operation. */
export interface Attribution {
  /** By zxid. Of an ok operation that its zxid names, even where it is another one's. */
  readonly askedBy: ReadonlyMap<Zxid, Asked>;
  /** Who else was answered with the same zxid. */
  readonly claimedTwice: readonly Asked[];
  readonly committedFor: ReadonlyMap<Asked, Committed>;
  /**
   * Of these it is not certain that the transaction is theirs: another one's of the same effect may be, which had other
   * conditions, and another place in its session. Nothing that rests on it may be held against anybody.
   */
  readonly guessed: ReadonlySet<Asked>;
  /** Transactions of clients for which there is no operation. */
  readonly unasked: readonly Committed[];
}

/**
 * An answered operation is that of the transaction whose zxid it names, and one without an answer that of its session
 * and xid, if the history has them. Without, it may be that of any transaction which does what it asked for, of a
 * session that its process may have had, behind its invocation. Equal ones are matched from behind, the last with the
 * last: an earlier one that was never carried out so takes nothing away from a later one.
 */
export const attribute: (record: ZnodeRecord) => Attribution = once((record) => {
  const { asked, committed } = record;
  const byZxid = new Map(committed.map((one) => [one.zxid, one]));
  const askedBy = new Map<Zxid, Asked>();
  const committedFor = new Map<Asked, Committed>();
  const claimedTwice: Asked[] = [];
  const open: Asked[] = [];
  for (const one of asked.filter(isWrite)) {
    if (one.zxid === null && one.sent === null) open.push(one);
    const found = one.zxid === null ? undefined : byZxid.get(one.zxid);
    if (found === undefined || !isAnswered(one)) continue;
    // What was refused need not have come as far as the log: its zxid is then that of somebody else.
    const isRefusal = found.change.change === 'error' && found.session === one.session;
    if (one.error !== null && !isRefusal) continue;
    if (askedBy.has(found.zxid)) claimedTwice.push(one);
    else askedBy.set(found.zxid, one);
    committedFor.set(one, found);
  }
  matchSent(record, askedBy, committedFor);
  const guessed = new Set<Asked>();
  const unasked = guessUnanswered(record, open, askedBy, (one, by) => {
    guessed.add(one);
    askedBy.set(by.zxid, one);
    committedFor.set(one, by);
  });
  return { askedBy, claimedTwice, committedFor, guessed, unasked };
});

/** Each once: not what comes again under its xid, nor what comes before it was asked for, or does something else. */
function matchSent(
  { asked, committed }: ZnodeRecord, askedBy: Map<Zxid, Asked>, committedFor: Map<Asked, Committed>,
): void {
  const open = new Map<string, Asked>();
  for (const one of asked.filter(isWrite)) if (one.sent !== null && one.sent.xid !== 0) open.set(nameOf(one.sent), one);
  for (const by of committed) {
    const one = open.get(nameOf(by));
    if (one === undefined || askedBy.has(by.zxid) || one.operation.invokedIndex > by.index) continue;
    if (by.change.change !== 'error' && !fits(one.request, by)) continue;
    open.delete(nameOf(by));
    askedBy.set(by.zxid, one);
    committedFor.set(one, by);
  }
}

function nameOf({ session, xid }: SentAs): string {
  return `${session} ${xid}`;
}

/** Returns the transactions for which nobody is left. */
function guessUnanswered(
  record: ZnodeRecord, open: readonly Asked[], askedBy: ReadonlyMap<Zxid, Asked>,
  onMatch: (one: Asked, by: Committed) => void,
): readonly Committed[] {
  const sessions = sessionsByProcess(record);
  const left = new Set(open);
  const unasked: Committed[] = [];
  for (const committed of [...record.committed].reverse()) {
    const { xid, change, zxid, session, index } = committed;
    const isOfClient = xid !== 0 && change.change !== 'error' && change.change !== 'create-session';
    if (!isOfClient || askedBy.has(zxid)) continue;
    let best: Asked | null = null;
    for (const one of left) {
      const { operation: { process, invokedIndex } } = one;
      if (invokedIndex > index || (best !== null && best.operation.invokedIndex > invokedIndex)) continue;
      if (!(sessions.get(process)?.has(session) ?? true) || !fits(one.request, committed)) continue;
      best = one;
    }
    if (best === null) {
      // Of a sync through the log nothing is to be seen but that it was there.
      if (change.change !== 'check') unasked.push(committed);
      continue;
    }
    left.delete(best);
    onMatch(best, committed);
  }
  return unasked.reverse();
}

/** Whether a transaction does what was asked for, whatever the conditions. */
export function fits(request: ZnodeRequest, { session, change }: Pick<Committed, 'session' | 'change'>): boolean {
  switch (request.op) {
    case 'create': case 'delete': case 'set': case 'check': return fitsWrite(request, session, change);
    case 'multi':
      return change.change === 'multi' && change.changes.length === request.ops.length
        && request.ops.every((one, at) => fitsWrite(one, session, change.changes[at] as ZnodeChange));
    case 'close': return change.change === 'close-session';
    default: return false;
  }
}

function fitsWrite(request: ZnodeWrite, session: SessionId, change: ZnodeChange): boolean {
  switch (request.op) {
    case 'create': {
      if (change.change !== 'create' || change.data !== request.data) return false;
      const { path, mode } = request;
      const owner = mode.startsWith('ephemeral') ? session : 0;
      const isNamed = mode.endsWith('sequential') ? isNumbered(change.path, path) : change.path === path;
      return isNamed && change.ephemeralOwner === owner;
    }
    case 'delete': return change.change === 'delete' && change.path === request.path;
    case 'set': return change.change === 'set' && change.path === request.path && change.data === request.data;
    case 'check': return change.change === 'check';
  }
}
