import type { Scenario } from '../scenario.ts';
import { suggestion } from './did-you-mean.ts';
import type { FaultSurroundings } from './faults.ts';
import { quote } from './problem.ts';
import type { Report } from './report.ts';
import { operationNames, type ScriptLineFile } from './schema.ts';
import { TREE_OPERATIONS, treeValue } from './tree-operations.ts';

type Line = Scenario['workload']['script'][number];
type Kind = Scenario['workload']['kind'];
type Value = Line['operation']['value'];

const SCALAR = 'a text, a number, true or false';

/** What an operation carries: nothing, one value, a whole number, of members one or more, or an old and a new value. */
type Carries = 'nothing' | typeof SCALAR | 'a whole number' | 'a whole number from 1' | 'a pair [old, new]';

/** The operations of each kind of workload, but for those of a tree. */
const OPERATIONS: Readonly<Record<Exclude<Kind, 'znodes'>, Readonly<Record<string, Carries>>>> = {
  'append': { append: SCALAR, read: 'nothing' },
  'register': { write: SCALAR, read: 'nothing' },
  'cas-register': { write: SCALAR, cas: 'a pair [old, new]', read: 'nothing' },
  'kv': { write: SCALAR, cas: 'a pair [old, new]', delete: 'nothing', read: 'nothing' },
  'counter': { add: 'a whole number', read: 'nothing' },
  'set': { add: SCALAR, remove: SCALAR, contains: SCALAR, read: 'nothing' },
  'mutex': { acquire: 'nothing', release: 'nothing' },
  'fenced-lock': { acquire: 'nothing', release: 'a whole number' },
  'queue': { enqueue: SCALAR, dequeue: 'nothing' },
  'barrier': { raise: 'nothing', lift: 'nothing', pass: 'nothing' },
  'double-barrier': { enter: 'a whole number from 1', leave: 'nothing' },
  'lock': { acquire: 'nothing' },
};

/** The script of a workload, line by line, in the order of time: lines of one instant in the order of the file. */
export function resolveScript(
  file: readonly ScriptLineFile[], kind: Kind, surroundings: FaultSurroundings, report: Report,
): readonly Line[] {
  const lines = file.flatMap((item, index) => {
    const path = ['workload', 'script', index];
    checkName(item.client, 'c', surroundings.clients, [...path, 'client'], report);
    if (item.to !== undefined) checkName(item.to, 'n', surroundings.nodes, [...path, 'to'], report);
    const operation = resolveOperation(item, kind, path, report);
    return operation === null ? [] : [{ atUs: item.at, client: item.client, to: item.to ?? null, operation }];
  });
  return lines.sort((a, b) => a.atUs - b.atUs);
}

/** `c1` to `c3` where there are three clients; `count` is `null` if it is not known how many. */
function checkName(
  name: string, letter: 'c' | 'n', count: number | null, path: readonly PropertyKey[], report: Report,
): void {
  const what = letter === 'c' ? 'client' : 'node';
  const number = Number(/^[cn]([1-9]\d*)$/.exec(name)?.[1] ?? NaN);
  if (!name.startsWith(letter) || Number.isNaN(number)) {
    report.value(path, `${quote(name)} is not the name of a ${what}: they are ${letter}1, ${letter}2, …`);
  } else if (count !== null && number > count) {
    report.value(path, `${name}: there are ${count} ${what}s`);
  }
}

function resolveOperation(
  item: ScriptLineFile, kind: Kind, path: readonly PropertyKey[], report: Report,
): Line['operation'] | null {
  const given = operationNames.filter((name) => item[name] !== undefined);
  const known: Readonly<Record<string, unknown>> = kind === 'znodes' ? TREE_OPERATIONS : OPERATIONS[kind];
  const [f] = given;
  if (f === undefined || given.length > 1) {
    report.value(path, `this line has ${given.length} operations`, `write one of ${Object.keys(known).join(', ')}`);
    return null;
  }
  if (!Object.hasOwn(known, f)) {
    report.key([...path, f], `workloads of kind ${kind} have no ${quote(f)}`, suggestion(f, Object.keys(known)));
    return null;
  }
  const asked = item[f];
  const { key, value = null } = typeof asked === 'string' ? { key: asked } : asked ?? { key: '' };
  if (kind === 'znodes') return resolveTreeOperation(f, key, value, [...path, f], report);
  const carries = OPERATIONS[kind][f] as Carries;
  if (!isOf(carries, value)) {
    const message = carries === 'nothing' ? `${quote(f)} has no value` : `the value of ${quote(f)} is ${carries}`;
    const hint = carries === 'nothing' ? `write \`${f}: ${key}\`` : `write \`${f}: { key: ${key}, value: … }\``;
    report.value([...path, f], message, hint);
    return null;
  }
  return { f, key, value: value as Value };
}

function resolveTreeOperation(
  f: string, key: string, value: unknown, path: readonly PropertyKey[], report: Report,
): Line['operation'] | null {
  if (!key.startsWith('/')) {
    report.value(path, `${quote(key)} is not the path of a znode`, 'paths begin with /');
    return null;
  }
  const complete = treeValue(f, value);
  if (complete.ok) return { f, key, value: complete.value };
  report.value(path, complete.message);
  return null;
}

function isOf(carries: Carries, value: unknown): boolean {
  switch (carries) {
    case 'nothing': return value === null;
    case 'a text, a number, true or false': return isScalar(value) && value !== null;
    case 'a whole number': return Number.isSafeInteger(value);
    case 'a whole number from 1': return Number.isSafeInteger(value) && (value as number) > 0;
    case 'a pair [old, new]': return Array.isArray(value) && value.length === 2 && value.every(isScalar);
  }
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
