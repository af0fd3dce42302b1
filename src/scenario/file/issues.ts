import type { z } from 'zod';
import { nearest, suggestion } from './did-you-mean.ts';
import { quote } from './problem.ts';
import type { Report } from './report.ts';
import type { Path, Tree } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** Words for the types of zod, which speaks of strings and records to people who write texts and maps. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false',
  object: 'a map', record: 'a map', array: 'a list', null: 'nothing',
};

/** Hands the issues that zod found below `base` to the report: what is wrong, and what to write instead. */
export function reportIssues(issues: readonly Issue[], base: Path, report: Report): void {
  for (const issue of issues) reportIssue(issue, base, report);
}

function reportIssue(issue: Issue, base: Path, report: Report): void {
  const path = [...base, ...issue.path];
  const tree = report.at(path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = issue.message.split(' ');
      for (const key of issue.keys) {
        report.key([...path, key], `${quote(key)} is not known here`, suggestion(key, known));
      }
      return;
    }
    case 'invalid_union': {
      const branch = meantBranch(issue.errors);
      if (tree === undefined) reportMissing(path, report);
      else if (branch !== undefined) reportIssues(branch, path, report);
      else report.value(path, `${issue.message}, found ${found(tree)}`);
      return;
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const word = tree?.kind === 'scalar' ? String(tree.value) : '';
      const message = values.length === 1 ? `expected ${values.join()}` : `expected one of ${values.join(', ')}`;
      const near = nearest(word, values);
      report.value(path, `${message}, found ${found(tree)}`, near === null ? undefined : `did you mean \`${near}\`?`);
      return;
    }
    case 'invalid_type':
      reportType(issue.expected, path, report);
      return;
    case 'invalid_key':
    case 'invalid_element':
      reportIssues(issue.issues, path, report);
      return;
    case 'too_small':
    case 'too_big':
      report.value(path, issue.message.startsWith('must') ? issue.message : outOfBounds(issue, tree));
      return;
    case 'custom':
      report.value(path, issue.message, typeof issue.params?.['hint'] === 'string' ? issue.params['hint'] : undefined);
      return;
    case 'invalid_format':
    case 'not_multiple_of':
      report.value(path, `${issue.message}, found ${found(tree)}`);
  }
}

/**
 * The alternative that the writer had in mind: the only one whose outer type fits. A map that does not fit is never an
 * attempt at the short form.
 */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const isMisfit = ({ code, path }: Issue): boolean => code === 'invalid_type' && path.length === 0;
  const fitting = branches.filter((issues) => !issues.some(isMisfit));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function reportMissing(path: Path, report: Report): void {
  report.value(path, `\`${String(path.at(-1))}\` is missing`);
}

function reportType(expected: string, path: Path, report: Report): void {
  const tree = report.at(path);
  if (tree === undefined) {
    reportMissing(path, report);
    return;
  }
  const isGrouped = tree.kind === 'scalar' && typeof tree.value === 'string' && /^\d[\d_,.]*$/.test(tree.value);
  const hint = isGrouped && (expected === 'number' || expected === 'int')
    ? `write ${String(tree.value).replace(/[^\d]/g, '')}` : undefined;
  report.value(path, `expected ${typeNames[expected] ?? expected}, found ${found(tree)}`, hint);
}

function outOfBounds(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, tree: Tree | undefined): string {
  const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  if (issue.origin === 'string') return issue.code === 'too_small' ? 'must not be empty' : `${limit} characters`;
  if (issue.origin === 'array') return `must have ${limit} items`;
  return `must be ${limit}, found ${found(tree)}`;
}

/** What stands there, in words. */
function found(tree: Tree | undefined): string {
  if (tree === undefined) return 'nothing';
  if (tree.kind !== 'scalar') return tree.kind === 'map' ? 'a map' : 'a list';
  if (tree.value === null) return 'nothing';
  return typeof tree.value === 'string' ? `the text ${quote(tree.value)}` : quote(String(tree.value));
}
