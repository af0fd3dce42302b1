import type { CatalogueProtocol } from '../catalogue.ts';
import type { Scenario } from '../scenario.ts';
import { suggestion } from './did-you-mean.ts';
import { quote } from './problem.ts';
import { formatDuration, readDuration } from './quantity.ts';
import type { Report } from './report.ts';

type OptionTable = CatalogueProtocol['options'];
type OptionSpec = OptionTable[string];
type OptionValue = Scenario['system']['options'][string];

/** The options of a file, checked against the protocol's own table, and its defaults for the others. */
export function resolveOptions(
  given: Readonly<Record<string, OptionValue>>, protocol: CatalogueProtocol, report: Report,
): Scenario['system']['options'] {
  const { options: table } = protocol;
  const path = ['system', 'options'];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(table, name)) continue;
    const hint = suggestion(name, Object.keys(table));
    report.key([...path, name], `${quote(name)} is not an option of this protocol`, hint);
  }
  const options: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(table)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const refuse = (message: string, hint?: string): undefined => { report.value([...path, name], message, hint); };
    options[name] = (value === undefined ? undefined : readOption(value, spec, refuse)) ?? spec.default;
  }
  const problem = protocol.optionsProblem?.(options) ?? null;
  if (problem !== null) report.value([...path, problem.option], problem.message);
  return options;
}

/** The value in the units of the table; `undefined` after a refusal. */
function readOption(
  value: OptionValue, spec: OptionSpec, refuse: (message: string, hint?: string) => undefined,
): OptionValue | undefined {
  const shown = quote(String(value));
  switch (spec.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse(`expected true or false, found ${shown}`);
    case 'choice': {
      if (typeof value === 'string' && spec.of.includes(value)) return value;
      return refuse(`expected one of ${spec.of.join(', ')}, found ${shown}`, suggestion(String(value), spec.of));
    }
    case 'integer': {
      if (!Number.isSafeInteger(value)) return refuse(`expected a whole number, found ${shown}`);
      const isInside = (value as number) >= spec.min && (value as number) <= spec.max;
      return isInside ? value : refuse(`must be ${spec.min} to ${spec.max}, found ${shown}`);
    }
    case 'duration': {
      if (typeof value === 'boolean') return refuse(`expected a duration, found ${shown}`);
      const reading = readDuration(value);
      if (!reading.ok) return refuse(reading.message, reading.hint);
      const isInside = reading.value >= spec.min && reading.value <= spec.max;
      if (isInside) return reading.value;
      return refuse(`must be ${formatDuration(spec.min)} to ${formatDuration(spec.max)}, found ${shown}`);
    }
  }
}
