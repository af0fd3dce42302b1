import type { CatalogueProtocol } from '../catalogue.ts';
import type { FaultLine, FaultSpec, Scenario, Trigger } from '../scenario.ts';
import { suggestion } from './did-you-mean.ts';
import { quote } from './problem.ts';
import { formatDuration, readDuration } from './quantity.ts';
import type { Report } from './report.ts';
import type { Path } from './tree.ts';

type OptionTable = CatalogueProtocol['options'];
type OptionSpec = OptionTable[string];
type Options = Scenario['system']['options'];
type OptionValue = Options[string];

/** A line that sets options. */
interface SetLine {
  readonly trigger: Trigger;
  readonly action: Extract<FaultSpec, { readonly kind: 'set' }>;
}

/** The options of a file, checked against the protocol's own table, and its defaults for the others. */
export function resolveOptions(given: Options, protocol: CatalogueProtocol, report: Report): Options {
  const path = ['system', 'options'];
  const options: Record<string, OptionValue> = {};
  const read = readOptions(given, protocol, path, report);
  for (const [name, spec] of Object.entries(protocol.options)) options[name] = read[name] ?? spec.default;
  const problem = protocol.optionsProblem?.(options) ?? null;
  if (problem !== null) report.value([...path, problem.option], problem.message);
  return options;
}

/** Those options of a map that the protocol's table has, in its units; the report has what is wrong with the others. */
export function readOptions(given: Options, protocol: CatalogueProtocol, path: Path, report: Report): Options {
  const { options: table } = protocol;
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(table, name)) continue;
    const hint = suggestion(name, Object.keys(table));
    report.key([...path, name], `${quote(name)} is not an option of this protocol`, hint);
  }
  const options: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(table)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const refuse = (message: string, hint?: string): undefined => { report.value([...path, name], message, hint); };
    const read = value === undefined ? undefined : readOption(value, spec, refuse);
    if (read !== undefined) options[name] = read;
  }
  return options;
}

/** Options that two lines set and that stand at the same time must go together, like those of one. */
export function checkSetsTogether(
  lines: readonly { readonly path: Path; readonly line: FaultLine }[],
  { system, protocol }: { readonly system: Scenario['system']; readonly protocol: CatalogueProtocol }, report: Report,
): void {
  const sets = lines.flatMap(({ path, line: { trigger, action } }) =>
    (action.kind === 'set' ? [{ path: [...path, 'set'], trigger, action }] : []));
  for (const [index, later] of sets.entries()) {
    for (const earlier of sets.slice(0, index)) {
      if (!mayOverlap(earlier, later)) continue;
      const together = { ...system.options, ...earlier.action.options, ...later.action.options };
      const problem = protocol.optionsProblem?.(together) ?? null;
      if (problem === null) continue;
      const message = `with what another line sets, ${problem.message}`;
      report.value(later.path, message, `set \`${problem.option}\` here as well, or end the other line earlier`);
    }
  }
}

/** Only lines with times of their own are known to stand one after the other. */
function mayOverlap(one: SetLine, other: SetLine): boolean {
  if (one.trigger.kind !== 'at' || other.trigger.kind !== 'at') return true;
  const [first, second] = one.trigger.atUs <= other.trigger.atUs ? [one, other] : [other, one];
  return first.action.forUs === null || startOf(first) + first.action.forUs > startOf(second);
}

function startOf({ trigger }: SetLine): number {
  return trigger.kind === 'at' ? trigger.atUs : 0;
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
