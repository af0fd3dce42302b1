import type { Json } from '../src/history/operation.ts';

/** Identifies a JSON value: equal values have equal keys (as `Map` compares), different values different keys. */
export type ValueKey = string | number | boolean | null;

/**
 * The key of a value. The order of an object's properties does not matter; `-0` is `0`, as in JSON text.
 * Free for what is not a string or a structure, else linear in its size.
 */
export function valueKey(value: Json): ValueKey {
  if (typeof value === 'string') return `"${value}`;
  if (typeof value === 'object' && value !== null) return canonicalText(value);
  return value;
}

function canonicalText(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalText).join(',')}]`;
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalText(value[name] ?? null)}`).join(',')}}`;
}

/** Whether a JSON value is a list. (`Array.isArray` does not narrow a read-only array.) */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
