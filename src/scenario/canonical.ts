import type { Scenario } from './scenario.ts';

type Canonical = string | number | boolean | null | readonly Canonical[] | { readonly [key: string]: Canonical };

/**
 * What a scenario means, as one line of text: JSON with sorted keys, without `name` and `why`. Scenarios that mean the
 * same have the same text, whatever their files look like.
 */
export function canonicalScenario(scenario: Scenario): string {
  const meaning: Partial<Record<keyof Scenario, unknown>> = { ...scenario };
  delete meaning.name;
  delete meaning.why;
  return render(meaning as Canonical);
}

function render(value: Canonical): string {
  if (isList(value)) return `[${value.map(render).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${render(field)}`).join(',')}}`;
}

/** `Array.isArray` does not narrow a read-only array. */
function isList(value: Canonical): value is readonly Canonical[] {
  return Array.isArray(value);
}
