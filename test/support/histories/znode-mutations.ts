import type { Guarantee, History, HistoryEvent, Json, ZnodeModelName } from '../../../checkers/index.ts';
import type { Draw } from './random-history.ts';
import { renumbered } from './random-znodes.ts';

/** One way to make a right history wrong. */
export interface Mutation {
  readonly name: string;
  readonly model: ZnodeModelName;
  /** One of these is broken by it. */
  readonly guarantees: readonly Guarantee[];
  /** `null` where the history has no place for it. */
  readonly mutate: (history: History, draw: Draw) => History | null;
}

type Fields = { readonly [name: string]: Json };

const fields = (value: Json | undefined): Fields => (value ?? {}) as Fields;
const zxidOf = ({ value }: HistoryEvent): number => Number(fields(value)['zxid'] ?? NaN);
const sessionOf = ({ value }: HistoryEvent): number => Number(fields(value)['session'] ?? NaN);
const isTold = ({ process, f }: HistoryEvent, kind: string): boolean => process === 'nemesis' && f === kind;
const isAnswer = ({ process, type }: HistoryEvent): boolean =>
  process !== 'nemesis' && (type === 'ok' || type === 'fail');
const changeOf = (line: HistoryEvent): Fields => fields(fields(line.value)['change']);
const isOk = (line: HistoryEvent, ...names: readonly string[]): boolean => line.type === 'ok' && names.includes(line.f);
const WRITES = ['create', 'delete', 'set', 'multi'];

function pick<T>(draw: Draw, from: readonly T[]): T | null {
  return from.length === 0 ? null : from[draw(from.length)] as T;
}

function put(history: History, index: number, value: Json, more: Partial<HistoryEvent> = {}): History {
  return history.map((line) => (line.index === index ? { ...line, value, ...more } : line));
}

function without(history: History, ...indices: readonly number[]): History {
  return renumbered(history.filter(({ index }) => !indices.includes(index)));
}

/** Moves a line to right before, or right behind, another one. */
function moved(history: History, index: number, to: number, isBehind: boolean): History {
  const line = history[index] as HistoryEvent;
  const others = history.filter((other) => other.index !== index);
  const at = others.findIndex((other) => other.index === to) + Number(isBehind);
  return renumbered([...others.slice(0, at), line, ...others.slice(at)]);
}

function invocationOf(history: History, answer: HistoryEvent): HistoryEvent {
  return history.filter(({ index, process, type }) =>
    index < answer.index && process === answer.process && type === 'invoke').at(-1) as HistoryEvent;
}

function committedAs(history: History, zxid: number): HistoryEvent | undefined {
  return history.find((line) => isTold(line, 'committed') && zxidOf(line) === zxid);
}

/** Later answers of the session of an event that have seen what it is about. */
function seenLater(history: History, event: HistoryEvent): HistoryEvent | undefined {
  const end = history.find((line) => isTold(line, 'session') && line.index > event.index
    && sessionOf(line) === sessionOf(event))?.index ?? Infinity;
  return history.find((line) => isAnswer(line) && line.f !== 'close' && sessionOf(line) === sessionOf(event)
    && line.index > event.index && line.index < end && zxidOf(line) >= zxidOf(event));
}

/**
 * Events that are told for certain: those of what was awaited, and of ends in both tables, may be missing; so may
 * those of a persistent watch which a server has just set again, and of one of which nobody knows whether it stands.
 */
function certain(history: History): readonly HistoryEvent[] {
  if (hasDoubts(history)) return [];
  const isSettled = (event: HistoryEvent): boolean => {
    const last = history.filter((line) => line.index < event.index && sessionOf(line) === sessionOf(event)
      && (isAnswer(line) || isTold(line, 'session'))).at(-1);
    return last === undefined || isAnswer(last);
  };
  return history.filter((line) => isTold(line, 'event') && isSettled(line)
    && ['NodeDataChanged', 'NodeChildrenChanged'].includes(fields(line.value)['type'] as string));
}

function hasDoubts(history: History): boolean {
  const own = history.filter(({ f }) => f === 'add-watch' || f === 'remove-watches');
  return own.filter(({ type }) => type === 'invoke').length > own.filter(isAnswer).length;
}

/** Whether some watch on its path may have been set by an answer that was lost. */
function mayBeLost(history: History, event: HistoryEvent): boolean {
  return history.some(({ type, key, f }) => type === 'info' && key === fields(event.value)['path']
    && ['get', 'exists', 'children'].includes(f));
}

const LAST = (history: History): number => Math.max(...history.filter((line) => isTold(line, 'committed')).map(zxidOf));

function appended(history: History, session: number, change: Fields): History {
  const value = { zxid: LAST(history) + 1, session, xid: 1, change };
  return renumbered([...history, { index: 0, time: 0, process: 'nemesis', type: 'info', f: 'committed', value }]);
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'an answered write is not in the log', model: 'linearizable-writes', guarantees: ['K1'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter((line) => isOk(line, ...WRITES)));
      const line = answer === null ? undefined : committedAs(history, zxidOf(answer));
      return line === undefined ? null : without(history, line.index);
    },
  },
  {
    name: 'an answer comes before its transaction', model: 'linearizable-writes', guarantees: ['K1'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter((line) => isOk(line, ...WRITES)));
      const line = answer === null ? undefined : committedAs(history, zxidOf(answer));
      return answer === null || line === undefined ? null : moved(history, answer.index, line.index, false);
    },
  },
  {
    name: 'a write is carried out again', model: 'linearizable-writes', guarantees: ['K1'],
    mutate: (history, draw) => {
      const line = pick(draw, history.filter((one) => isTold(one, 'committed') && changeOf(one)['change'] === 'set'));
      return line === null ? null : appended(history, sessionOf(line), changeOf(line));
    },
  },
  {
    name: 'an answer tells another version', model: 'linearizable-writes', guarantees: ['K1', 'K13'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter((line) => isOk(line, 'set', 'create')));
      if (answer === null) return null;
      const stat = fields(fields(answer.value)['stat']);
      const version = Number(stat['version']) + 1;
      return put(history, answer.index, { ...fields(answer.value), stat: { ...stat, version } });
    },
  },
  {
    name: 'a condition was not met', model: 'linearizable-writes', guarantees: ['K13'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter((line) => isOk(line, 'set', 'delete')));
      if (answer === null) return null;
      const asked = invocationOf(history, answer);
      return put(history, asked.index, { ...fields(asked.value), version: 99 });
    },
  },
  {
    name: 'a condition that was met is refused', model: 'linearizable-writes', guarantees: ['K13'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter(({ type, error, f }) => type === 'fail' && error === 'BadVersion'
        && (f === 'set' || f === 'delete')));
      if (answer === null) return null;
      const asked = invocationOf(history, answer);
      return put(history, asked.index, { ...fields(asked.value), version: -1 });
    },
  },
  {
    name: 'a number is given again', model: 'linearizable-writes', guarantees: ['K11', 'K1'],
    mutate: (history, draw) => {
      const lines = history.filter((line) => isOk(line, 'create')
        && /\/s-\d{10}$/.test(fields(line.value)['path'] as string));
      const answer = pick(draw, lines);
      const line = answer === null ? undefined : committedAs(history, zxidOf(answer));
      const before = lines.find((one) => answer !== null && one.index < answer.index && one.key === answer.key);
      if (answer === null || line === undefined || before === undefined) return null;
      if (zxidOf(before) >= zxidOf(answer)) return null;
      const path = fields(before.value)['path'] as string;
      const parent = path.slice(0, path.lastIndexOf('/'));
      if (history.some((one) => changeOf(one)['change'] === 'delete' && changeOf(one)['path'] === parent)) return null;
      const told = put(history, answer.index, { ...fields(answer.value), path });
      return put(told, line.index, { ...fields(line.value), change: { ...changeOf(line), path } });
    },
  },
  {
    name: 'half of a multi is carried out', model: 'linearizable-writes', guarantees: ['K1', 'K12'],
    mutate: (history, draw) => {
      const line = pick(draw, history.filter((one) => isTold(one, 'committed')
        && ((changeOf(one)['changes'] ?? []) as readonly Json[]).length > 1));
      if (line === null) return null;
      const changes = (changeOf(line)['changes'] as readonly Json[]).slice(0, -1);
      return put(history, line.index, { ...fields(line.value), change: { ...changeOf(line), changes } });
    },
  },
  {
    name: 'a read shows other data', model: 'session-order', guarantees: ['K2'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter((line) => isOk(line, 'get')));
      if (answer === null) return null;
      return put(history, answer.index, { ...fields(answer.value), data: 'what nobody wrote' });
    },
  },
  {
    name: 'a read shows half of a multi', model: 'session-order', guarantees: ['K2', 'K12'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter((line) => isOk(line, 'children')
        && (fields(line.value)['children'] as readonly Json[]).length > 0));
      if (answer === null) return null;
      const children = (fields(answer.value)['children'] as readonly Json[]).slice(1);
      return put(history, answer.index, { ...fields(answer.value), children });
    },
  },
  {
    name: 'an answer goes back', model: 'session-order', guarantees: ['K3'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter((line) => isOk(line, 'get', 'exists', 'children', 'sync')));
      const before = history.filter((line) => answer !== null && isAnswer(line) && line.index < answer.index
        && sessionOf(line) === sessionOf(answer)).at(-1);
      if (answer === null || before === undefined || zxidOf(before) === 0) return null;
      return put(history, answer.index, { ...fields(answer.value), zxid: zxidOf(before) - 1 });
    },
  },
  {
    name: 'a session sees its own write early', model: 'session-order', guarantees: ['K3', 'K4'],
    mutate: (history, draw) => {
      const write = pick(draw, history.filter((line) => isOk(line, ...WRITES)));
      if (write === null) return null;
      const before = history.filter((line) => isOk(line, 'get', 'exists', 'children', 'sync')
        && line.index < write.index && sessionOf(line) === sessionOf(write)).at(-1);
      if (before === undefined) return null;
      return put(history, before.index, { ...fields(before.value), zxid: zxidOf(write) });
    },
  },
  {
    name: 'two writes of a session change places', model: 'session-order', guarantees: ['K2', 'K3'],
    mutate: (history, draw) => {
      const second = pick(draw, history.filter((line) => isOk(line, ...WRITES)));
      const first = history.filter((line) => second !== null && isOk(line, ...WRITES) && line.index < second.index
        && sessionOf(line) === sessionOf(second)).at(-1);
      if (second === null || first === undefined) return null;
      const swap = new Map([[first.index, second], [second.index, first],
        [invocationOf(history, first).index, invocationOf(history, second)],
        [invocationOf(history, second).index, invocationOf(history, first)]]);
      return history.map((line) => {
        const { f, key, value } = swap.get(line.index) ?? line;
        return { ...line, f, value, ...(key === undefined ? {} : { key }) };
      });
    },
  },
  {
    name: 'an event is lost', model: 'watches', guarantees: ['K5', 'K7'],
    mutate: (history, draw) => {
      const event = pick(draw, certain(history).filter((line) => seenLater(history, line) !== undefined));
      return event === null ? null : without(history, event.index);
    },
  },
  {
    name: 'an event comes twice', model: 'watches', guarantees: ['K7'],
    mutate: (history, draw) => {
      // A multi, or the end of a session, may have done twice what is told twice.
      const isOnce = (event: HistoryEvent): boolean => {
        const line = committedAs(history, zxidOf(event));
        return line !== undefined && ['create', 'delete', 'set'].includes(changeOf(line)['change'] as string);
      };
      const event = pick(draw, certain(history).filter((line) => !mayBeLost(history, line) && isOnce(line)));
      if (event === null) return null;
      return renumbered(history.flatMap((line) => (line === event ? [line, line] : [line])));
    },
  },
  {
    name: 'an event comes behind what is newer', model: 'watches', guarantees: ['K5'],
    mutate: (history, draw) => {
      const event = pick(draw, certain(history).filter((line) => seenLater(history, line) !== undefined));
      if (event === null) return null;
      return moved(history, event.index, (seenLater(history, event) as HistoryEvent).index, true);
    },
  },
  {
    name: 'two events change places', model: 'watches', guarantees: ['K6'],
    mutate: (history, draw) => {
      const pairs = history.filter((line) => isTold(line, 'event')).flatMap((event) => {
        const next = history.find((line) => line.index > event.index && sessionOf(line) === sessionOf(event)
          && (isAnswer(line) || isTold(line, 'event') || isTold(line, 'session')));
        return next !== undefined && isTold(next, 'event') && zxidOf(next) > zxidOf(event) ? [[event, next]] : [];
      });
      const [event, next] = pick(draw, pairs) ?? [];
      return event === undefined || next === undefined ? null : moved(history, event.index, next.index, true);
    },
  },
  {
    name: 'an event of what nobody watches', model: 'watches', guarantees: ['K7'],
    mutate: (history, draw) => {
      const event = pick(draw, history.filter((line) => isTold(line, 'event')));
      if (event === null || hasDoubts(history)) return null;
      return put(history, event.index, { ...fields(event.value), path: '/elsewhere' });
    },
  },
  {
    name: 'an ephemeral znode stays', model: 'sessions', guarantees: ['K8'],
    mutate: (history, draw) => {
      const line = pick(draw, history.filter((one) => isTold(one, 'committed')
        && ((changeOf(one)['paths'] ?? []) as readonly Json[]).length > 0));
      if (line === null) return null;
      const paths = (changeOf(line)['paths'] as readonly Json[]).slice(1);
      return put(history, line.index, { ...fields(line.value), change: { ...changeOf(line), paths } });
    },
  },
  {
    name: 'an ephemeral znode is seen behind its end', model: 'sessions', guarantees: ['K8'],
    mutate: (history, draw) => {
      const end = history.find((line) => isTold(line, 'committed') && changeOf(line)['change'] === 'close-session');
      if (end === undefined) return null;
      const answer = pick(draw, history.filter((line) => isOk(line, 'get', 'exists') && zxidOf(line) >= zxidOf(end)));
      if (answer === null) return null;
      const stat = { ...fields(fields(answer.value)['stat']), ephemeralOwner: sessionOf(end) };
      return put(history, answer.index, { ...fields(answer.value), stat });
    },
  },
  {
    name: 'a session goes on behind its end', model: 'sessions', guarantees: ['K9'],
    mutate: (history, draw) => {
      const end = pick(draw, history.filter((line) => isTold(line, 'committed')
        && changeOf(line)['change'] === 'close-session'));
      if (end === null) return null;
      return appended(history, sessionOf(end), { change: 'set', path: '/a', data: 'late', version: 7 });
    },
  },
  {
    name: 'a client takes its session for over by itself', model: 'sessions', guarantees: ['K10'],
    mutate: (history, draw) => {
      const told = pick(draw, history.filter((line) => isTold(line, 'session')
        && fields(line.value)['state'] === 'expired'));
      if (told === null) return null;
      const end = history.find((line) => isTold(line, 'committed') && sessionOf(line) === sessionOf(told)
        && changeOf(line)['change'] === 'close-session') as HistoryEvent;
      return without(put(history, told.index, { ...fields(told.value), server: null }), end.index);
    },
  },
  {
    name: 'a sync brings nothing', model: 'fresh-sync', guarantees: ['K1'],
    mutate: (history, draw) => {
      const answer = pick(draw, history.filter((line) => isOk(line, 'sync')));
      if (answer === null) return null;
      const asked = invocationOf(history, answer);
      const write = history.filter((line) => isOk(line, ...WRITES) && line.index < asked.index).at(-1);
      return write === undefined ? null
        : put(history, answer.index, { ...fields(answer.value), zxid: zxidOf(write) - 1 });
    },
  },
];
