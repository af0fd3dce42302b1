import type { Scenario } from '../scenario.ts';

type Plain = Scenario['workload']['script'][number]['operation']['value'];

/** What a field of a request may be, and what it is where a script leaves it out. */
interface Field {
  readonly standard: Plain;
  readonly expected: string;
  isRight(value: unknown): boolean;
}

type Fields = Readonly<Record<string, Field>>;

const MODES: readonly unknown[] = ['persistent', 'ephemeral', 'persistent-sequential', 'ephemeral-sequential'];

const data: Field = { standard: '', expected: 'a text', isRight: (value) => typeof value === 'string' };
const version: Field = {
  standard: -1, expected: 'a whole number, -1 for any version', isRight: (value) => Number.isSafeInteger(value),
};
const watch: Field = { standard: false, expected: 'true or false', isRight: (value) => typeof value === 'boolean' };
const watchMode: Field = {
  standard: 'persistent', expected: 'persistent or persistent-recursive',
  isRight: (value) => value === 'persistent' || value === 'persistent-recursive',
};
const type: Field = {
  standard: 'any', expected: 'any, data or children',
  isRight: (value) => value === 'any' || value === 'data' || value === 'children',
};
const mode: Field = {
  standard: 'persistent', expected: `one of ${MODES.join(', ')}`, isRight: (value) => MODES.includes(value),
};

/** The operations of a tree of znodes, and what each carries besides its path. */
export const TREE_OPERATIONS: Readonly<Record<string, Fields>> = {
  create: { data, mode },
  delete: { version },
  set: { data, version },
  get: { watch },
  exists: { watch },
  children: { watch },
  ['add-watch']: { mode: watchMode },
  ['remove-watches']: { type },
  multi: {},
  sync: {},
  close: {},
};

/** The parts of a `multi`. */
const PARTS: Readonly<Record<string, Fields>> = {
  create: { data, mode }, delete: { version }, set: { data, version }, check: { version },
};

/** The value of an operation, complete, or what is wrong with it. */
export type TreeValue = { readonly ok: true; readonly value: Plain } | { readonly ok: false; readonly message: string };

/** Fills in what a script leaves out of an operation of the tree: one of {@link TREE_OPERATIONS}. */
export function treeValue(f: string, value: unknown): TreeValue {
  if (f === 'multi') return multiValue(value);
  const fields = TREE_OPERATIONS[f] ?? {};
  if (Object.keys(fields).length > 0) return filled(f, fields, value ?? {});
  return value === null ? { ok: true, value: null } : { ok: false, message: `"${f}" has no value` };
}

function multiValue(value: unknown): TreeValue {
  const given = isObject(value) ? value['ops'] : null;
  if (!Array.isArray(given)) return { ok: false, message: 'the value of "multi" is a map with `ops`, a list' };
  const ops: Plain[] = [];
  for (const part of given as readonly unknown[]) {
    if (!isObject(part)) return { ok: false, message: 'a part of "multi" is a map with `op` and `path`' };
    const { op, path, ...rest } = part;
    const fields = typeof op === 'string' && Object.hasOwn(PARTS, op) ? PARTS[op] : undefined;
    if (fields === undefined || typeof path !== 'string') {
      return { ok: false, message: `a part of "multi" has a \`path\`, and as \`op\` ${Object.keys(PARTS).join(', ')}` };
    }
    const complete = filled(op as string, fields, rest);
    if (!complete.ok) return complete;
    ops.push({ op: op as string, path, ...(complete.value as { readonly [name: string]: Plain }) });
  }
  return { ok: true, value: { ops } };
}

function filled(f: string, fields: Fields, value: unknown): TreeValue {
  const names = Object.keys(fields).join(', ');
  if (!isObject(value)) return { ok: false, message: `the value of "${f}" is a map of ${names}` };
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) return { ok: false, message: `"${f}" has no \`${unknown}\`: it has ${names}` };
  const complete: Record<string, Plain> = {};
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : field.standard;
    if (!field.isRight(given)) return { ok: false, message: `\`${name}\` of "${f}" is ${field.expected}` };
    complete[name] = given as Plain;
  }
  return { ok: true, value: complete };
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
