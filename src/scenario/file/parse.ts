import type { Catalogue } from '../catalogue.ts';
import type { Scenario } from '../scenario.ts';
import { suggestion } from './did-you-mean.ts';
import { guardText } from './guard.ts';
import { reportIssues } from './issues.ts';
import { quote, type Problem } from './problem.ts';
import { Report } from './report.ts';
import { scenarioFile, systemOfSeveral, systemsMax } from './schema.ts';
import { resolveSystems, type GoodFile, type SystemScenario } from './systems.ts';
import { composeTree, plainOf } from './tree.ts';

export { formatProblems, type Problem } from './problem.ts';
export type { SystemScenario } from './systems.ts';

/** How to read a file: what to call it in problems, and what it may name. */
export interface ParseOptions {
  readonly fileName: string;
  readonly catalogue: Catalogue;
}

/** What {@link parseScenario} made of a file. */
export type ParsedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What {@link parseScenarios} made of a file. */
export type ParsedScenarios =
  /** One scenario for each system, in the order of the file. */
  | { readonly ok: true; readonly scenarios: readonly SystemScenario[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * A scenario file as complete scenarios, one for each system that it names, or everything that is wrong with it, in the
 * order of the file. The content may come from a stranger: it is data, and nothing in it is executed or used as a path.
 * Never throws.
 */
export function parseScenarios(content: string | Uint8Array, { fileName, catalogue }: ParseOptions): ParsedScenarios {
  const read = readReport(content, fileName);
  if (!read.ok) return read;
  const scenarios = resolveSystems(read.parts, catalogue, read.report);
  const { problems } = read.report;
  return problems.length > 0 ? { ok: false, problems } : { ok: true, scenarios };
}

/** The scenario of a file of one system; that a file has several is a problem here. See {@link parseScenarios}. */
export function parseScenario(content: string | Uint8Array, { fileName, catalogue }: ParseOptions): ParsedScenario {
  const read = readReport(content, fileName);
  if (!read.ok) return read;
  const { parts, report } = read;
  const [first] = resolveSystems(parts, catalogue, report);
  if (parts.systems !== null) report.key(['systems'], 'this file has several systems', '`parseScenarios` reads them');
  const { problems } = report;
  return problems.length > 0 || first === undefined ? { ok: false, problems } : { ok: true, scenario: first.scenario };
}

type ReadReport =
  | { readonly ok: true; readonly parts: GoodFile; readonly report: Report }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The parts of a file that have their shape, and the report that has what is wrong with the others. */
function readReport(content: string | Uint8Array, fileName: string): ReadReport {
  const guarded = guardText(content, fileName);
  if (!guarded.ok) return guarded;
  const composed = composeTree(guarded.source);
  if (!composed.ok) return composed;
  const report = new Report(guarded.source, composed.tree);
  if (composed.tree.kind !== 'map') {
    report.value([], 'a scenario is a map', 'begin with `name: what this scenario claims`');
    return { ok: false, problems: report.problems };
  }
  return { ok: true, parts: goodParts(plainOf(composed.tree) as Record<string, unknown>, report), report };
}

/** Checks the shape of each part by itself, so that a mistake in one part hides none in another. */
function goodParts(plain: Readonly<Record<string, unknown>>, report: Report): GoodFile {
  const { shape } = scenarioFile;
  const known = Object.keys(shape);
  for (const key of Object.keys(plain)) {
    if (!known.includes(key)) report.key([key], `${quote(key)} is not known here`, suggestion(key, known));
  }
  const broken = new Set<string>();
  const good: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(shape)) {
    if (key === 'faults' || key === 'check' || key === 'systems') continue;
    const parsed = schema.safeParse(plain[key]);
    if (parsed.success) {
      good[key] = parsed.data;
      continue;
    }
    broken.add(key);
    reportIssues(parsed.error.issues, [key], report);
    // A wrong number of nodes must not hide a wrong protocol, nor wrong options.
    if (key === 'system') good[key] = systemWithout(parsed.error.issues.map(({ path }) => path[0]), plain[key]);
  }
  checkSystems(plain, broken, report);
  const systems = goodSystems(plain, broken, report);
  const faults = goodItems('faults', plain, broken, report);
  const check = plain['check'] === undefined ? null : goodItems('check', plain, broken, report);
  return { ...good, systems, faults, check, broken } as GoodFile;
}

/** One of `system` and `systems` is there. */
function checkSystems(plain: Readonly<Record<string, unknown>>, broken: Set<string>, report: Report): void {
  if (plain['system'] !== undefined && plain['systems'] !== undefined) {
    report.key(['systems'], 'there is a `system` already', 'keep one of the two');
  } else if (plain['system'] === undefined && plain['systems'] === undefined) {
    report.value(['system'], '`system` is missing');
    broken.add('system');
  }
}

/** The parts of a `system` that have their shape; `undefined` if too little is left. */
function systemWithout(broken: readonly unknown[], plain: unknown): unknown {
  if (typeof plain !== 'object' || plain === null) return undefined;
  const rest = Object.entries(plain).filter(([key]) => !broken.includes(key));
  return scenarioFile.shape.system.safeParse(Object.fromEntries(rest)).data;
}

/** Each item by itself; `null` where the file has no such list, or what stands there is none. */
function goodSystems(
  plain: Readonly<Record<string, unknown>>, broken: Set<string>, report: Report,
): GoodFile['systems'] {
  const items = plain['systems'];
  if (items === undefined) return null;
  const { error } = scenarioFile.shape.systems.safeParse(items);
  reportIssues(error?.issues.filter(({ path }) => path.length === 0) ?? [], ['systems'], report);
  if (!Array.isArray(items) || items.length > systemsMax) {
    broken.add('system').add('systems');
    return null;
  }
  return items.flatMap((value: unknown, index) => {
    const parsed = systemOfSeveral.safeParse(value);
    if (parsed.success) return [{ index, item: parsed.data }];
    broken.add('systems');
    reportIssues(parsed.error.issues, ['systems', index], report);
    return [];
  });
}

/** The items of a list that have their shape. A list that is none, or is too long, has no items. */
function goodItems(
  key: 'faults' | 'check', plain: Readonly<Record<string, unknown>>, broken: Set<string>, report: Report,
): readonly { readonly index: number; readonly item: unknown }[] {
  const list = scenarioFile.shape[key].unwrap();
  const items = plain[key];
  if (!Array.isArray(items)) {
    if (items === undefined) return [];
    broken.add(key);
    reportIssues(list.safeParse(items).error?.issues ?? [], [key], report);
    return [];
  }
  if (items.length > 1_000) {
    broken.add(key);
    report.value([key], `at most 1000 items, found ${items.length}`);
    return [];
  }
  return items.flatMap((value: unknown, index) => {
    const parsed = list.element.safeParse(value);
    if (parsed.success) return [{ index, item: parsed.data }];
    broken.add(key);
    reportIssues(parsed.error.issues, [key, index], report);
    return [];
  });
}
