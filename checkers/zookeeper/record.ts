import type { History, HistoryEvent } from '../../src/history/operation.ts';
import { pairOperations, type Operation } from '../../src/history/operations.ts';
import {
  committedOf, isZnodeOperation, sentAsOf, sessionTurnOf, watchEventOf, znodeLineProblem, znodeRequest, type Committed,
  type SentAs, type SessionId, type SessionTurn, type WatchEvent, type ZnodeAnswer, type ZnodeRequest, type Zxid,
} from '../../src/history/znode-lines.ts';
import { isList } from '../value-key.ts';

/** One operation of a client, as its two lines tell it. */
export interface Asked {
  readonly operation: Operation;
  readonly request: ZnodeRequest;
  /** What the answer told; `null` without one that is definite. */
  readonly session: SessionId | null;
  readonly zxid: Zxid | null;
  readonly answer: ZnodeAnswer | null;
  /** Why it failed, else `null`. */
  readonly error: string | null;
  /** Without an answer, and if the history tells it: which of the session's requests it was. Else `null`. */
  readonly sent: SentAs | null;
}

/** Everything that a history tells of znodes. Lists are in the order of the lines. */
export interface ZnodeRecord {
  readonly history: History;
  readonly asked: readonly Asked[];
  readonly committed: readonly Committed[];
  readonly turns: readonly SessionTurn[];
  readonly events: readonly WatchEvent[];
}

/** Reads a history, or says why it cannot. Linear. */
export function readRecord(history: History): ZnodeRecord | string {
  const { operations, problems } = pairOperations(history);
  for (const { index, message } of problems) return `the history is malformed at index ${index}: ${message}`;
  const record = {
    history, asked: [] as Asked[], committed: [] as Committed[], turns: [] as SessionTurn[], events: [] as WatchEvent[],
  };
  /** Completions that tell more than the operations do, by their indices. */
  const others = new Map<number, HistoryEvent>();
  for (const event of history) {
    const message = znodeLineProblem(event);
    if (message !== null) return `the history is malformed at index ${event.index}: ${message}`;
    if (event.type === 'fail' || event.type === 'info') others.set(event.index, event);
    const committed = committedOf(event);
    if (committed !== null) record.committed.push(committed);
    const turn = sessionTurnOf(event);
    if (turn !== null) record.turns.push(turn);
    const told = watchEventOf(event);
    if (told !== null) record.events.push(told);
  }
  for (const operation of operations) {
    if (!isZnodeOperation(operation)) continue;
    record.asked.push(toAsked(operation, others.get(operation.completedIndex ?? -1)));
  }
  return record;
}

function toAsked(operation: Operation, completion: HistoryEvent | undefined): Asked {
  const request = znodeRequest(operation.f, operation.key, operation.input);
  const { outcome, output } = operation;
  if (outcome === 'info' || typeof output !== 'object' || output === null || isList(output)) {
    const sent = completion === undefined ? null : sentAsOf(completion);
    return { operation, request, session: null, zxid: null, answer: null, error: null, sent };
  }
  const { session, zxid, ...answer } = output;
  const told = { operation, request, session: session as SessionId, zxid: zxid as Zxid, sent: null };
  if (outcome === 'fail') return { ...told, answer: null, error: completion?.error ?? '' };
  return { ...told, answer: answer, error: null };
}

/** Whether it was answered by the tree: not by a word on its session, which comes before the tree is looked at. */
export function isAnswered({ zxid, error }: Asked): boolean {
  return zxid !== null && error !== 'SessionExpired' && error !== 'SessionMoved';
}

/** Whether it asks for a transaction. */
export function isWrite({ request: { op } }: Asked): boolean {
  return op === 'create' || op === 'delete' || op === 'set' || op === 'multi' || op === 'close';
}

/** Whether it is answered from the tree of the server that is asked. */
export function isRead({ request: { op } }: Asked): boolean {
  return op === 'get' || op === 'exists' || op === 'children';
}

/** The path that it is about; `null` where there is none, or more than one. */
export function pathOf({ request }: Asked): string | null {
  return 'path' in request ? request.path : null;
}

/** The lines of an operation that was answered. */
export function linesOf({ operation }: Asked): readonly number[] {
  return [operation.invokedIndex, operation.completedIndex as number];
}

/** Sessions that a process may have had, as far as the history tells. */
export function sessionsByProcess({ asked, turns, events }: ZnodeRecord): ReadonlyMap<number, ReadonlySet<SessionId>> {
  const sessions = new Map<number, Set<SessionId>>();
  const add = (process: number, session: SessionId): void => {
    const known = sessions.get(process);
    if (known === undefined) sessions.set(process, new Set([session]));
    else known.add(session);
  };
  for (const { operation: { process }, session, sent } of asked) {
    const own = session ?? sent?.session ?? null;
    if (own !== null) add(process, own);
  }
  for (const { process, session } of [...turns, ...events]) add(process, session);
  return sessions;
}
