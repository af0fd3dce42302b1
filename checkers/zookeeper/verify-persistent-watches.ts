import type { History, HistoryEvent, Json } from '../../src/history/operation.ts';
import { number, PlainTree, text } from './plain-tree.ts';
import type { ZnodeFinding } from './result.ts';

/**
 * Checks a finding about a persistent watch, which the answer `set` has set. What has happened while it stood at the
 * server of its session is told as often as it has happened, and no more often.
 */
export function verifyPersistent(
  set: HistoryEvent, lines: readonly HistoryEvent[], history: History, { kind, session }: ZnodeFinding,
): boolean {
  const end = lines.at(-1);
  if (session === null || end === undefined) return false;
  const event = lines.find((line) => isEvent(line, session) && line === end);
  const answer = lines.find((line) => isAnswer(line) && line.index > set.index);
  const { happened } = PlainTree.upTo(history, Infinity);
  const upTo = kind === 'event-without-change' ? event : answer ?? event;
  if (upTo === undefined || isRemoved(set, history, session, upTo.index)) return false;
  // Another server tells again what it has later, unless it was seen before the session came.
  const moved = turnBefore(upTo, history, session)?.index ?? -1;
  const wasSeen = event !== undefined && history.some((line) => isAnswer(line) && line.index < moved
    && number(line.value, 'session') === session && zxidOf(line) >= zxidOf(event));
  const from = wasSeen ? set.index : Math.max(set.index, moved);
  const told = (one: Happened): number => history.filter((line) => isEvent(line, session)
    && line.index > from && line.index <= upTo.index && isSame(one, line)).length;
  const times = (one: Happened): number => happened.filter((other) =>
    other.zxid === one.zxid && other.type === one.type && other.path === one.path).length;

  if (kind === 'event-without-change') {
    if (event === undefined || !isToldBy(set, history, event.value)) return false;
    const one = { zxid: zxidOf(event), type: text(event.value, 'type'), path: text(event.value, 'path') };
    return told(one) > times(one);
  }
  const since = kind === 'data-before-event' ? zxidOf(set) : standsSince(set, history, session, upTo.index);
  const own = happened.filter((one) => one.zxid > since && one.zxid <= zxidOf(upTo)
    && isToldBy(set, history, { type: one.type, path: one.path }));
  const late = own.filter((one) => told(one) < times(one));
  if (kind !== 'data-before-event') return late.length > 0;
  return event !== undefined && answer !== undefined && event.index > answer.index
    && late.some((one) => isSame(one, event));
}

type Happened = PlainTree['happened'][number];

/** Behind which transaction it has to tell of all: it may have been set again as late as at the first sign of it. */
function standsSince(set: HistoryEvent, history: History, session: number, until: number): number {
  const moved = turnBefore({ index: until }, history, session)?.index ?? -1;
  if (moved < set.index) return zxidOf(set);
  const first = history.find((line) => line.index > moved && line.index < until
    && number(line.value, 'session') === session
    && (isAnswer(line) || (isEvent(line, session) && isToldBy(set, history, line.value))));
  if (first === undefined) return Infinity;
  return isAnswer(first) ? zxidOf(first) : zxidOf(first) - 1;
}

function turnBefore(
  { index }: Pick<HistoryEvent, 'index'>, history: History, session: number,
): HistoryEvent | undefined {
  return history.filter((line) => line.index < index && line.process === 'nemesis' && line.f === 'session'
    && number(line.value, 'session') === session).at(-1);
}

/** Whether its removal was asked for behind the answer `set`, whatever came of that. */
export function isRemoved(set: HistoryEvent, history: History, session: number, until: number): boolean {
  return history.some((line) => line.index > set.index && line.index < until && line.f === 'remove-watches'
    && line.key === set.key && (line.type === 'ok' || line.type === 'info') && mayBeOf(line, history, session));
}

/** Whether a completion may be that of a request of the session; what was lost may not say so itself. */
function mayBeOf({ process, value }: HistoryEvent, history: History, session: number): boolean {
  const own = number(value, 'session');
  if (!Number.isNaN(own)) return own === session;
  const sessions = history.flatMap((line) => line.process === process || number(line.value, 'process') === process
    ? [number(line.value, 'session')] : []).filter((one) => !Number.isNaN(one));
  return sessions.length === 0 || sessions.includes(session);
}

/** Whether an event is one for the watch that the answer `set` has set. */
export function isToldBy(set: HistoryEvent, history: History, event: Json): boolean {
  const asked = history.filter(({ index, process, type }) =>
    index < set.index && process === set.process && type === 'invoke').at(-1);
  const [watched, path] = [set.key ?? '', text(event, 'path')];
  if (text(asked?.value, 'mode') === 'persistent') return path === watched;
  return text(event, 'type') !== 'NodeChildrenChanged'
    && (path === watched || watched === '/' || path.startsWith(`${watched}/`));
}

function isSame({ zxid, type, path }: Happened, line: HistoryEvent): boolean {
  return zxidOf(line) === zxid && text(line.value, 'type') === type && text(line.value, 'path') === path;
}

function isEvent({ process, f, value }: HistoryEvent, session: number): boolean {
  return process === 'nemesis' && f === 'event' && number(value, 'session') === session;
}

function isAnswer({ process, type }: HistoryEvent): boolean {
  return process !== 'nemesis' && (type === 'ok' || type === 'fail');
}

function zxidOf({ value }: HistoryEvent): number {
  return number(value, 'zxid');
}
