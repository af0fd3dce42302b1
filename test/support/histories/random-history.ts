import type { HistoryEvent, Json } from '../../../src/history/operation.ts';
import type { ModelName } from '../../../checkers/index.ts';

/** Integers from 0 to `bound - 1`. */
export type Draw = (bound: number) => number;

/** A small generator of our own (a 32-bit xorshift): the same numbers for the same seed, for ever. */
export function drawFrom(seed: number): Draw {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x7f4a7c15) | 1;
  return (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/** What kind of history to draw. */
export interface RandomHistoryOptions {
  readonly model: ModelName;
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  readonly readPercent: number;
  /** Written values are 0 … `values - 1`; 0: every written value is new. */
  readonly values: number;
  /** Percent of operations whose outcome is unknown; as many again fail. */
  readonly unknownPercent: number;
  /** Percent of answers that are corrupted: a read gets a drawn value, a failed cas claims success. */
  readonly corruptPercent: number;
}

interface OpenOperation {
  readonly process: number;
  readonly f: string;
  readonly key: string | undefined;
  readonly value: Json;
  /** `undefined` until it takes effect. */
  answer: { readonly isOk: boolean; readonly value: Json } | undefined;
}

/**
 * A history of clients on a correct object, in which each operation takes effect at some instant between its
 * invocation and completion, or, if unknown, perhaps at any time later; then corrupted as asked for.
 */
export function randomHistory(draw: Draw, options: RandomHistoryOptions): HistoryEvent[] {
  const { model, clients } = options;
  const history: HistoryEvent[] = [];
  const state = new Map<string | undefined, Json>();
  const open: (OpenOperation | undefined)[] = new Array<undefined>(clients).fill(undefined);
  const orphans: OpenOperation[] = [];
  const processOf = Array.from({ length: clients }, (_, client) => client);
  let nextProcess = clients;
  let nextValue = 0;
  let time = 0;
  let started = 0;

  const tokens = [0];
  const drawValue = (): number => (options.values === 0 ? (nextValue += 1) : draw(options.values));
  const emit = (operation: OpenOperation, type: HistoryEvent['type'], value: Json): void => {
    time += draw(2);
    const { process, f, key } = operation;
    history.push({ index: history.length, time, process, type, f, ...(key === undefined ? {} : { key }), value });
  };
  const takeEffect = (operation: OpenOperation): void => {
    if (operation.answer !== undefined) return;
    const before = state.get(operation.key) ?? INITIAL[model] ?? null;
    operation.answer = effectOn(model, before, operation, (next) => state.set(operation.key, next));
    if (operation.f === 'acquire') tokens.push(Number(operation.answer.value));
  };
  const start = (client: number): void => {
    started += 1;
    const key = options.keys === 1 ? undefined : `k${draw(options.keys)}`;
    const oldValue = options.values === 0 ? Math.max(0, nextValue - draw(4)) : draw(options.values);
    const f = draw(100) < options.readPercent && READS[model] !== undefined ? READS[model] : drawUpdate(draw, model);
    const value = inputOf(f, { draw, drawValue, oldValue, tokens });
    const operation: OpenOperation = { process: processOf[client] as number, f, key, value, answer: undefined };
    emit(open[client] = operation, 'invoke', value);
  };
  const finish = (client: number, operation: OpenOperation): void => {
    open[client] = undefined;
    const luck = draw(100);
    if (luck < options.unknownPercent) {
      processOf[client] = nextProcess;
      nextProcess += 1;
      orphans.push(operation);
      // Without a line, it stays pending: unknown all the same.
      if (draw(2) === 0) emit(operation, 'info', operation.value);
      return;
    }
    if (operation.answer === undefined && luck < 2 * options.unknownPercent) {
      emit(operation, 'fail', operation.value);
      return;
    }
    takeEffect(operation);
    const answer = operation.answer as NonNullable<OpenOperation['answer']>;
    const isCorrupt = draw(100) < options.corruptPercent;
    const drawAny = (): number => draw((options.values || nextValue) + 1);
    const value = isCorrupt ? corrupted(model, operation, answer.value, drawAny, draw) : answer.value;
    emit(operation, answer.isOk || isCorrupt ? 'ok' : 'fail', value);
  };

  while (started < options.operations || open.some((operation) => operation !== undefined && draw(4) > 0)) {
    const client = draw(clients);
    const operation = open[client];
    if (operation === undefined) {
      if (started < options.operations) start(client);
    } else if (draw(3) === 0) takeEffect(operation);
    else if (draw(2) === 0) finish(client, operation);
    const orphan = orphans[draw(Math.max(1, orphans.length * 4))];
    if (orphan !== undefined) takeEffect(orphan);
  }
  return history;
}

const INITIAL: Partial<Record<ModelName, Json>> = {
  append: [], counter: 0, set: [], mutex: 'free', 'fenced-lock': { holder: null, highest: 0 }, queue: [], stack: [],
};
/** What only looks, the most usual one. */
const READS: Partial<Record<ModelName, string>> = {
  register: 'read', 'cas-register': 'read', kv: 'read', append: 'read', counter: 'read', set: 'contains',
};
const UPDATES: Readonly<Record<ModelName, readonly string[]>> = {
  register: ['write'], 'cas-register': ['cas', 'write'], kv: ['cas', 'write', 'write', 'delete'], append: ['append'],
  counter: ['add'], set: ['add', 'add', 'remove', 'remove', 'read'], mutex: ['acquire', 'release'],
  'fenced-lock': ['acquire', 'release'], queue: ['enqueue', 'dequeue'], stack: ['push', 'pop'],
};

function drawUpdate(draw: Draw, model: ModelName): string {
  const updates = UPDATES[model];
  return updates[updates.length === 1 ? 0 : draw(updates.length)] as string;
}

interface Inputs {
  readonly draw: Draw;
  readonly drawValue: () => number;
  readonly oldValue: number;
  readonly tokens: readonly number[];
}

function inputOf(f: string, { draw, drawValue, oldValue, tokens }: Inputs): Json {
  switch (f) {
    case 'cas': return [oldValue, drawValue()];
    case 'release': return tokens[draw(tokens.length)] as number;
    case 'write':
    case 'append':
    case 'add':
    case 'remove':
    case 'enqueue':
    case 'push':
    case 'contains': return drawValue();
    default: return null;
  }
}

function effectOn(
  model: ModelName, before: Json, operation: OpenOperation, become: (next: Json) => void,
): { isOk: boolean; value: Json } {
  const { f, value } = operation;
  if (model === 'set') return effectOnSet(before as readonly Json[], operation, become);
  if (model === 'mutex' || model === 'fenced-lock') return effectOnLock(model, before, operation, become);
  if (model === 'queue' || model === 'stack') return effectOnCollection(before as readonly Json[], operation, become);
  if (f === 'read') return { isOk: true, value: before };
  if (f === 'append') become([...(before as Json[]), value]);
  if (f === 'write') become(value);
  if (f === 'delete') become(null);
  if (f === 'add') become((before as number) + (value as number));
  if (f === 'cas') {
    const [from, to] = value as [Json, Json];
    if (from !== before) return { isOk: false, value };
    become(to);
  }
  return { isOk: true, value };
}

function effectOnSet(
  before: readonly Json[], { f, value }: OpenOperation, become: (next: Json) => void,
): { isOk: boolean; value: Json } {
  if (f === 'read') return { isOk: true, value: before };
  const others = before.filter((member) => member !== value);
  if (f === 'add') become([...others, value]);
  if (f === 'remove') become(others);
  return { isOk: true, value: f === 'add' ? value : others.length < before.length };
}

function effectOnCollection(
  before: readonly Json[], { f, value }: OpenOperation, become: (next: Json) => void,
): { isOk: boolean; value: Json } {
  if (f === 'enqueue' || f === 'push') {
    become([...before, value]);
    return { isOk: true, value };
  }
  const taken = f === 'dequeue' ? before[0] : before.at(-1);
  become(f === 'dequeue' ? before.slice(1) : before.slice(0, -1));
  return { isOk: true, value: taken ?? null };
}

function effectOnLock(
  model: ModelName, before: Json, { f, value }: OpenOperation, become: (next: Json) => void,
): { isOk: boolean; value: Json } {
  if (model === 'mutex') {
    if (before !== (f === 'acquire' ? 'free' : 'held')) return { isOk: false, value };
    become(f === 'acquire' ? 'held' : 'free');
    return { isOk: true, value };
  }
  const { holder, highest } = before as { readonly holder: number | null; readonly highest: number };
  if (f === 'release') {
    if (holder !== value) return { isOk: false, value };
    become({ holder: null, highest });
    return { isOk: true, value };
  }
  if (holder !== null) return { isOk: false, value };
  become({ holder: highest + 1, highest: highest + 1 });
  return { isOk: true, value: highest + 1 };
}

function corrupted(
  model: ModelName, { f }: OpenOperation, value: Json, drawAny: () => number, draw: Draw,
): Json {
  if (model === 'fenced-lock' && f === 'acquire') return draw(5);
  if (typeof value === 'boolean') return !value;
  if (f === 'dequeue' || f === 'pop') return draw(3) === 0 ? null : drawAny();
  if (f !== 'read') return value;
  if (model === 'counter') return drawAny();
  if (!Array.isArray(value)) return draw(6) === 0 ? null : drawAny();
  const list = [...(value as Json[])];
  const kind = draw(3);
  const added = drawAny();
  if (kind === 0) list.pop();
  else if (kind === 2) list.reverse();
  else if (model === 'append' || !list.includes(added)) list.push(added);
  return list;
}
