import type { Catalogue } from '../catalogue.ts';
import type { Scenario } from '../scenario.ts';
import { suggestion } from './did-you-mean.ts';
import { guardText } from './guard.ts';
import { reportIssues } from './issues.ts';
import { quote, type Problem } from './problem.ts';
import { Report } from './report.ts';
import { resolveScenario, type GoodParts } from './resolve.ts';
import { scenarioFile } from './schema.ts';
import { composeTree, plainOf } from './tree.ts';

export { formatProblems, type Problem } from './problem.ts';

/** How to read a file: what to call it in problems, and what it may name. */
export interface ParseOptions {
  readonly fileName: string;
  readonly catalogue: Catalogue;
}

/** What {@link parseScenario} made of a file. */
export type ParsedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * A scenario file as a complete scenario, or everything that is wrong with it, in the order of the file. The content
 * may come from a stranger: it is data, and nothing in it is executed or used as a path. Never throws.
 */
export function parseScenario(content: string | Uint8Array, { fileName, catalogue }: ParseOptions): ParsedScenario {
  const guarded = guardText(content, fileName);
  if (!guarded.ok) return guarded;
  const composed = composeTree(guarded.source);
  if (!composed.ok) return composed;
  const report = new Report(guarded.source, composed.tree);
  if (composed.tree.kind !== 'map') {
    report.value([], 'a scenario is a map', 'begin with `name: what this scenario claims`');
    return { ok: false, problems: report.problems };
  }
  const parts = goodParts(plainOf(composed.tree) as Record<string, unknown>, report);
  const scenario = resolveScenario(parts, catalogue, report);
  return report.problems.length > 0 ? { ok: false, problems: report.problems } : { ok: true, scenario };
}

/** Checks the shape of each part by itself, so that a mistake in one part hides none in another. */
function goodParts(plain: Readonly<Record<string, unknown>>, report: Report): GoodParts {
  const { shape } = scenarioFile;
  const known = Object.keys(shape);
  for (const key of Object.keys(plain)) {
    if (!known.includes(key)) report.key([key], `${quote(key)} is not known here`, suggestion(key, known));
  }
  const broken = new Set<string>();
  const good: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(shape)) {
    if (key === 'faults' || key === 'check') continue;
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
  const faults = goodItems('faults', plain, broken, report);
  const check = plain['check'] === undefined ? null : goodItems('check', plain, broken, report);
  return { ...good, faults, check, broken } as GoodParts;
}

/** The parts of a `system` that have their shape; `undefined` if too little is left. */
function systemWithout(broken: readonly unknown[], plain: unknown): unknown {
  if (typeof plain !== 'object' || plain === null) return undefined;
  const rest = Object.entries(plain).filter(([key]) => !broken.includes(key));
  return scenarioFile.shape.system.safeParse(Object.fromEntries(rest)).data;
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
