import type { History, HistoryEvent, Json } from '../../../src/history/operation.ts';
import type { ModelName } from '../../../checkers/index.ts';

interface Call {
  readonly invoke: HistoryEvent;
  readonly completion: HistoryEvent | null;
}

/** How to read a history; see `Semantics` of the checkers. */
export interface BruteForceOptions {
  readonly initial?: Json;
  readonly failedCas?: 'ignore' | 'observe';
  readonly nilRead?: 'unknown' | 'initial';
  readonly equalTimes?: 'ordered' | 'concurrent';
}

/**
 * Whether some order of the operations explains a history: tries all of them. Deliberately dumb, and written without
 * a look at the checkers: no state is ever remembered, nothing is pruned but what real time or a wrong answer forbids.
 * For histories of about seven operations.
 */
export function isLinearizableByBruteForce(
  history: History, model: ModelName, options: BruteForceOptions = {},
): boolean {
  const calls = callsOf(history).filter((call) => saysAnything(call, options));
  const keys = new Set(calls.map((call) => call.invoke.key));
  const isBefore = options.equalTimes === 'concurrent'
    ? (early: Call, late: Call): boolean => (early.completion?.time ?? Infinity) < late.invoke.time
    : (early: Call, late: Call): boolean => (early.completion?.index ?? Infinity) < late.invoke.index;
  const canFinish = (left: readonly Call[], state: Json): boolean => !left.some(isDefinite) || left.some((call) => {
    const others = left.filter((other) => other !== call);
    if (others.some((other) => isDefinite(other) && isBefore(other, call))) return false;
    return after(state, call, left, model).some((next) => canFinish(others, next));
  });
  const initial = options.initial ?? INITIAL[model] ?? null;
  return [...keys].every((key) => canFinish(calls.filter((call) => call.invoke.key === key), initial));
}

/** The same, whatever the object of each key held at first; for the models of which evidence may begin anywhere. */
export function isLinearizableFromAnywhere(history: History, model: ModelName): boolean {
  const keys = [...new Set(history.map(({ key }) => key))];
  return keys.every((key) => {
    const ofKey = history.filter((event) => event.key === key);
    return initialOnes(ofKey, model).some((initial) => isLinearizableByBruteForce(ofKey, model, { initial }));
  });
}

/** What an object may have held at first, as far as the history can tell it from something else. */
function initialOnes(history: History, model: ModelName): readonly Json[] {
  const values = history.flatMap(({ value }) => (Array.isArray(value) ? (value as Json[]) : [value]));
  if (model === 'mutex') return ['free', 'held'];
  if (model === 'fenced-lock') {
    const held = values.filter((token) => token !== null).map((token) => ({ holder: token, highest: token }));
    return [{ holder: null, highest: -1 }, ...held];
  }
  if (model !== 'counter') return ['something else', ...values];
  const added = history.reduce((sum, { type, f, value }) =>
    sum + (type === 'invoke' && f === 'add' ? Math.abs(value as number) : 0), 0);
  const read = history.flatMap(({ type, f, value }) => (type === 'ok' && f === 'read' ? [value as number] : []));
  return [0, ...read.flatMap((sum) => Array.from({ length: 2 * added + 1 }, (_, less) => sum + added - less))];
}

function saysAnything({ invoke, completion }: Call, { failedCas, nilRead }: BruteForceOptions): boolean {
  if (completion?.type === 'fail') return failedCas === 'observe' && invoke.f === 'cas';
  return nilRead !== 'unknown' || invoke.f !== 'read' || completion?.type !== 'ok' || completion.value !== null;
}

const INITIAL: Partial<Record<ModelName, Json>> = {
  append: [], counter: 0, set: [], mutex: 'free', 'fenced-lock': { holder: null, highest: -1 }, queue: [], stack: [],
};

/**
 * The states that may follow the call, none if it could not have ended so. An unknown read could have read anything.
 * `calls` are all that are left.
 */
function after(state: Json, call: Call, calls: readonly Call[], model: ModelName): readonly Json[] {
  const { f, value } = call.invoke;
  const isRight = (truth: Json): boolean => !isOk(call) || isSame(answerOf(call, model), truth);
  switch (f) {
    case 'write':
      return [value];
    case 'delete':
      return [null];
    case 'append':
      return [[...(state as Json[]), value]];
    case 'cas':
      if (call.completion?.type === 'fail') return isSame((value as Json[])[0] as Json, state) ? [] : [state];
      return isSame((value as Json[])[0] as Json, state) ? [(value as Json[])[1] as Json] : [];
    case 'add':
      return typeof state === 'number' ? [state + (value as number)] : [sorted([...(state as Json[]), value])];
    case 'remove':
      return isRight((state as Json[]).includes(value)) ? [(state as Json[]).filter((member) => member !== value)] : [];
    case 'contains':
      return isRight((state as Json[]).includes(value)) ? [state] : [];
    case 'read':
      return isRight(state) ? [state] : [];
    case 'enqueue':
    case 'push':
      return [[...(state as Json[]), value]];
    case 'dequeue':
      return isRight((state as Json[])[0] ?? null) ? [(state as Json[]).slice(1)] : [];
    case 'pop':
      return isRight((state as Json[]).at(-1) ?? null) ? [(state as Json[]).slice(0, -1)] : [];
    case 'acquire':
    case 'release':
      return typeof state === 'string' ? afterMutex(state, f) : afterFenced(state as unknown as Fenced, call, calls);
    default:
      throw new Error(`no such operation: ${f}`);
  }
}

/** `null` for the empty list or set; a set in the order in which states have it. */
function answerOf({ completion }: Call, model: ModelName): Json {
  const answer = completion === null ? null : completion.value;
  if (model !== 'append' && model !== 'set') return answer;
  if (!Array.isArray(answer)) return answer ?? [];
  return model === 'set' ? sorted(answer as Json[]) : (answer as Json[]);
}

function sorted(members: readonly Json[]): Json {
  return [...new Set(members)].sort((left, right) => (left as number) - (right as number));
}

function afterMutex(state: string, f: 'acquire' | 'release'): readonly Json[] {
  if (f === 'acquire') return state === 'free' ? ['held'] : [];
  return state === 'held' ? ['free'] : [];
}

interface Fenced {
  readonly holder: number | null;
  readonly highest: number;
}

/** An unknown acquisition may have any token; those that some release names, and one that none does, will do. */
function afterFenced({ holder, highest }: Fenced, call: Call, calls: readonly Call[]): readonly Json[] {
  const { f, value } = call.invoke;
  if (f === 'release') return holder === value ? [{ holder: null, highest }] : [];
  const named = calls.flatMap((other) => (other.invoke.f === 'release' ? [other.invoke.value as number] : []));
  const tokens = isOk(call) ? [call.completion?.value as number] : [...named, 1_000_000 + highest];
  const higher = holder === null ? tokens.filter((token) => token > highest) : [];
  return higher.map((token) => ({ holder: token, highest: token }));
}

function isSame(left: Json, right: Json): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function isOk(call: Call): boolean {
  return call.completion?.type === 'ok';
}

/** Of what failed, only a compare that counts is left. */
function isDefinite(call: Call): boolean {
  return isOk(call) || call.completion?.type === 'fail';
}

function callsOf(history: History): Call[] {
  return history.filter((event) => event.type === 'invoke').map((invoke) => ({
    invoke,
    completion: history.find((event) => event.process === invoke.process && event.index > invoke.index) ?? null,
  }));
}
