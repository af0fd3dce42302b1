import type { Scenario } from './scenario.ts';

type Canonical = string | number | boolean | null | readonly Canonical[] | { readonly [key: string]: Canonical };

/**
 * What a scenario means, as one line of text: JSON with sorted keys, without `name`, `why` and `seeds`. Scenarios that
 * mean the same have the same text, whatever their files look like. A key that is `null`, of the whole or of its
 * workload, says nothing and is left out, so that one which the format gets later moves no coordinate of those that do
 * not use it.
 */
export function canonicalScenario(scenario: Scenario): string {
  const { name: _name, why: _why, seeds: _seeds, ...meaning } = scenario;
  return render(said({ ...meaning, workload: said(meaning.workload) }) as Canonical);
}

function said(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
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
