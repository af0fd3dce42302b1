import type { HistoryEvent, Json, TimeUs } from './operation.ts';

/**
 * What lines about locks carry in `value`. Other lines are free to carry what they like, and so are these in a history
 * that is not judged by a checker of locks: a store of another tool need not be a store at a protected resource.
 */

/** What a store at a protected resource is asked with: the value of the invocation of `f: "store"`. */
export interface StoreRequest {
  /** What the resource can check; `null` where the lock gives no tokens. */
  readonly token: number | null;
  /** The place of the holder's acquisition among all of its lock. Ghost knowledge: only the simulator sees it. */
  readonly grant: number;
}

/**
 * Lines of the nemesis that tell who held a lock. `believes`: the holder's own rule and clock said so. `owns`: the
 * servers did, for example a quorum of them had the holder's entry, and it had not expired.
 */
export type HoldKind = 'believes' | 'owns';

/** An interval of true time, `[fromUs, untilUs)`, in which a process held a lock. */
export interface Hold {
  /** The line that says so. */
  readonly index: number;
  readonly process: number;
  readonly lock: string;
  readonly grant: number;
  readonly fromUs: TimeUs;
  readonly untilUs: TimeUs;
  /** Which of its own clocks the holder believed by, and what that showed at both ends; a wall clock may go back. */
  readonly clock?: string;
  readonly fromClockUs?: TimeUs;
  readonly untilClockUs?: TimeUs;
}

const HOLD_KINDS: readonly string[] = ['believes', 'owns'] satisfies HoldKind[];

interface Field {
  readonly name: string;
  readonly isRight: (value: Json | undefined) => boolean;
  readonly expected: string;
}

const wholeNumber = (name: string): Field =>
  ({ name, isRight: isWholeNumber, expected: 'a whole number from 0' });

function ifThere(field: Field): Field {
  return { ...field, isRight: (value) => value === undefined || field.isRight(value) };
}

const STORE_FIELDS: readonly Field[] = [
  {
    name: 'token',
    isRight: (token) => token === null || isWholeNumber(token),
    expected: 'a whole number from 0 or null',
  },
  wholeNumber('grant'),
];
const HOLD_FIELDS: readonly Field[] = [
  { name: 'lock', isRight: (lock) => typeof lock === 'string', expected: 'a text' },
  ...['process', 'grant', 'fromUs', 'untilUs'].map(wholeNumber),
  ifThere({ name: 'clock', isRight: (clock) => typeof clock === 'string', expected: 'a text' }),
  ...['fromClockUs', 'untilClockUs'].map((name) =>
    ifThere({ name, isRight: (reading) => Number.isSafeInteger(reading), expected: 'a whole number' })),
];

/** What is wrong with the value of a line about locks, or `null`; `null` for all other lines. */
export function lockLineProblem({ process, type, f, value }: HistoryEvent): string | null {
  if (process === 'nemesis') return HOLD_KINDS.includes(f) ? fieldProblem(f, value, HOLD_FIELDS) : null;
  if (f !== 'store') return null;
  if (type === 'invoke') return fieldProblem(f, value, STORE_FIELDS);
  const place = type === 'ok' ? fieldsOf(value)?.['index'] : undefined;
  if (place === undefined || isWholeNumber(place)) return null;
  return 'the "index" of an ok "store" is not a whole number from 0';
}

/** What a store was asked with, of an invocation in which {@link lockLineProblem} found nothing. */
export function storeRequest(input: Json): StoreRequest {
  const { token, grant } = fieldsOf(input) as unknown as StoreRequest;
  return { token, grant };
}

/** Where in its own order the resource applied a store, if the answer tells. */
export function placeOf(output: Json): number | null {
  const place = fieldsOf(output)?.['index'];
  return isWholeNumber(place) ? place : null;
}

/** What a line of the nemesis tells, if it is of that kind and {@link lockLineProblem} found nothing in it. */
export function holdOf({ index, process: writer, f, value }: HistoryEvent, kind: HoldKind): Hold | null {
  if (writer !== 'nemesis' || f !== kind) return null;
  const told = fieldsOf(value) as unknown as Hold;
  const { process, lock, grant, fromUs, untilUs, clock, fromClockUs, untilClockUs } = told;
  return {
    index, process, lock, grant, fromUs, untilUs,
    ...(clock === undefined ? {} : { clock }),
    ...(fromClockUs === undefined ? {} : { fromClockUs }),
    ...(untilClockUs === undefined ? {} : { untilClockUs }),
  };
}

function fieldProblem(f: string, value: Json, fields: readonly Field[]): string | null {
  const found = fieldsOf(value);
  if (found === null) return `the value of "${f}" is no object`;
  const wrong = fields.find(({ name, isRight }) => !isRight(Object.hasOwn(found, name) ? found[name] : undefined));
  return wrong === undefined ? null : `"${wrong.name}" of "${f}" is not ${wrong.expected}`;
}

function fieldsOf(value: Json): { readonly [name: string]: Json } | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? value as { readonly [name: string]: Json } : null;
}

function isWholeNumber(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
