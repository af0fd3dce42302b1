import type { History, HistoryEvent } from '../../src/history/operation.ts';
import { number, PlainTree, text } from './plain-tree.ts';
import type { ZnodeFinding } from './result.ts';
import { isRemoved, isToldBy, verifyPersistent } from './verify-persistent-watches.ts';

/** Checks a finding about watches; see `verifyZnodeFindings`. */
export function verifyWatch(lines: readonly HistoryEvent[], history: History, finding: ZnodeFinding): boolean {
  const { kind, session, path } = finding;
  if (session === null || path === null) return false;
  const events = lines.filter((line) => isEvent(line, session));
  if (kind === 'events-swapped') return areSwapped(events, history, session);
  const first = lines.find((line) => isAnswer(line, session));
  if (first?.f === 'add-watch') return verifyPersistent(first, lines, history, finding);
  const last = events.at(-1);
  if (kind === 'event-unasked') return last !== undefined && isUnasked(last, history, session, path);
  const set = lines.find((line) => isSetting(line, session, path, history));
  if (set === undefined) return false;
  const table = set.f === 'children' ? 'children' : 'data';
  const changes = PlainTree.upTo(history, Infinity).happened.filter((one) => one.path === path
    && one.zxid > zxidOf(set) && isInTable(one.type, table)).map(({ zxid }) => zxid);
  const [earliest = Infinity] = changes;
  const isMoved = history.some((line) => line.index > set.index && line.index < (lines.at(-1) as HistoryEvent).index
    && isTurn(line, session));
  if (kind === 'event-without-change') {
    return last !== undefined && (earliest > zxidOf(last) || (!isMoved && !changes.includes(zxidOf(last))));
  }
  const answer = lines.find((line) => isAnswer(line, session) && line.index > set.index);
  if (answer === undefined) return kind === 'event-lost' && last !== undefined && earliest <= zxidOf(last);
  const isTold = (from: number, until: number): boolean => history.some((line) => isEvent(line, session)
    && line.index > from && line.index < until && text(line.value, 'path') === path
    && isInTable(text(line.value, 'type'), table) && zxidOf(line) >= earliest
    && zxidOf(line) <= (isMoved ? zxidOf(answer) : earliest));
  if (earliest > zxidOf(answer) || isTold(set.index, answer.index)) return false;
  return kind === 'data-before-event' ? last !== undefined && last.index > answer.index && zxidOf(last) >= earliest
    : !isTold(answer.index, Infinity);
}

/** The second is of an earlier transaction, or of the same, which did it earlier; and the session did not move. */
function areSwapped(events: readonly HistoryEvent[], history: History, session: number): boolean {
  const [first, second] = events;
  if (first === undefined || second === undefined) return false;
  const isMoved = history.some((line) => line.index > first.index && line.index < second.index
    && isTurn(line, session));
  if (isMoved || zxidOf(second) > zxidOf(first)) return false;
  if (zxidOf(second) < zxidOf(first)) return true;
  const happened = PlainTree.upTo(history, Infinity).happened.filter(({ zxid }) => zxid === zxidOf(first));
  // What happened twice is told twice: the second time of the second.
  const placeOf = ({ index, value }: HistoryEvent): number => {
    const isSame = (type: string, path: string): boolean =>
      type === text(value, 'type') && path === text(value, 'path');
    const places = happened.flatMap(({ type, path }, place) => (isSame(type, path) ? [place] : []));
    const times = history.filter((line) => isEvent(line, session) && line.index <= index
      && zxidOf(line) === zxidOf(first) && isSame(text(line.value, 'type'), text(line.value, 'path'))).length;
    return places[times - 1] ?? places.at(-1) ?? -1;
  };
  return placeOf(second) >= 0 && placeOf(second) < placeOf(first);
}

/** No watch was set on the path since the event before. */
function isUnasked(event: HistoryEvent, history: History, session: number, path: string): boolean {
  const type = text(event.value, 'type');
  const tables = ['data', 'children'].filter((table) => isInTable(type, table));
  const stands = history.some((line) => line.index < event.index && isAnswer(line, session) && line.f === 'add-watch'
    && isToldBy(line, history, event.value) && !isRemoved(line, history, session, event.index));
  return !stands && tables.every((table) => {
    const before = history.filter((line) => isEvent(line, session) && line.index < event.index
      && text(line.value, 'path') === path && isInTable(text(line.value, 'type'), table)).at(-1)?.index ?? -1;
    return !history.some((line) => line.index > before && line.index < event.index
      && isSetting(line, session, path, history) && (line.f === 'children') === (table === 'children')
      && !isRemoved(line, history, session, event.index));
  });
}

function isSetting(line: HistoryEvent, session: number, path: string, history: History): boolean {
  if (!isAnswer(line, session) || line.key !== path || !['get', 'exists', 'children'].includes(line.f)) return false;
  if (line.type === 'fail' && !(line.f === 'exists' && line.error === 'NoNode')) return false;
  const asked = history.filter(({ index, process, type }) =>
    index < line.index && process === line.process && type === 'invoke').at(-1);
  return (asked?.value as { readonly watch?: boolean } | null)?.watch === true;
}

function isInTable(type: string, table: string): boolean {
  if (type === 'NodeDeleted') return true;
  return (type === 'NodeChildrenChanged') === (table === 'children');
}

function isEvent({ process, f, value }: HistoryEvent, session: number): boolean {
  return process === 'nemesis' && f === 'event' && number(value, 'session') === session;
}

function isTurn({ process, f, value }: HistoryEvent, session: number): boolean {
  return process === 'nemesis' && f === 'session' && number(value, 'session') === session;
}

function isAnswer({ process, type, value }: HistoryEvent, session: number): boolean {
  return process !== 'nemesis' && (type === 'ok' || type === 'fail') && number(value, 'session') === session;
}

function zxidOf({ value }: HistoryEvent): number {
  return number(value, 'zxid');
}
