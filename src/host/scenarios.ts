import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import type { ScenarioEntry } from '../explore/job.ts';
import type { Catalogue } from '../scenario/catalogue.ts';
import { slugOf } from '../scenario/coordinate.ts';
import { formatProblems, parseScenarios, type Problem } from '../scenario/file/parse.ts';
import { isFile, readScenarioFile } from './files.ts';
import { HostError } from './problem.ts';

/** A scenario that was read, and the bytes that it was read from. */
export interface LoadedScenario {
  readonly entry: ScenarioEntry;
  readonly bytes: Buffer;
}

/**
 * Reads all files: an entry for each system of each. If any is bad, throws one error with the problems of all, so that
 * no mistake hides another.
 */
export function loadScenarios(files: readonly string[], catalogue: Catalogue): readonly LoadedScenario[] {
  const problems: Problem[] = [];
  const loaded = files.flatMap((file): readonly LoadedScenario[] => {
    const bytes = readOrReport(file, problems);
    if (bytes === null) return [];
    const parsed = parseScenarios(bytes, { fileName: file, catalogue });
    if (!parsed.ok) {
      problems.push(...parsed.problems);
      return [];
    }
    const slug = slugFor(file);
    return parsed.scenarios.map(({ scenario, part }) =>
      ({ entry: { scenario, file, slug, ...(part === null ? {} : { part }) }, bytes }));
  });
  if (problems.length > 0) throw new HostError(65, formatProblems(problems));
  return loaded;
}

function readOrReport(file: string, problems: Problem[]): Buffer | null {
  try {
    return readScenarioFile(file);
  } catch (error) {
    if (!(error instanceof HostError) || error.exitCode !== 65) throw error;
    problems.push({ file, line: 1, column: 1, message: error.message, sourceLine: '' });
    return null;
  }
}

/**
 * The slug of a file: its path from here. A file that does not lie below here is known by its name alone: the way to
 * it is a matter of this machine, and coordinates travel.
 */
export function slugFor(file: string): string {
  const path = relative('', file);
  const isBelow = !isAbsolute(path) && path.split(sep)[0] !== '..';
  return slugOf(isBelow ? path : basename(file));
}

/** The files that a slug can stand for: below `scenarios` first, then below here. */
export function filesOfSlug(slug: string): readonly string[] {
  const stems = [`scenarios/${slug}`, slug];
  return stems.flatMap((stem) => [`${stem}.yaml`, `${stem}.yml`]).filter(isFile);
}

/** Whether the slug of a file leads back to it, so that a coordinate alone is enough to replay its runs. */
export function isFoundBySlug({ file, slug }: ScenarioEntry): boolean {
  return file !== null && filesOfSlug(slug).some((found) => resolve(found) === resolve(file));
}
