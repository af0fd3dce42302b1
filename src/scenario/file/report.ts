import type { Problem, SourceText } from './problem.ts';
import { keyOffsetOf, offsetOf, subtreeOf, type Path, type Tree } from './tree.ts';

interface Found {
  readonly offset: number;
  readonly problem: Problem;
  readonly path: Path;
}

/** Where the file has what stands at a path elsewhere. */
type Place = (path: Path) => Path;

/** Collects what is wrong with one file, by path. */
export class Report {
  readonly tree: Tree;
  private readonly source: SourceText;
  private readonly placeOf: Place;
  private readonly found: Found[] = [];

  constructor(source: SourceText, tree: Tree, placeOf: Place = (path) => path) {
    this.source = source;
    this.tree = tree;
    this.placeOf = placeOf;
  }

  /** Something is wrong with the value at a path or, if there is none, with what should contain it. */
  value(path: Path, message: string, hint?: string): void {
    const place = this.placeOf(path);
    this.add(offsetOf(this.tree, place), place, message, hint);
  }

  /** Something is wrong with the last key of a path. */
  key(path: Path, message: string, hint?: string): void {
    const place = this.placeOf(path);
    this.add(keyOffsetOf(this.tree, place), place, message, hint);
  }

  /** The value at a path as the file has it. */
  at(path: Path): Tree | undefined {
    return subtreeOf(this.tree, this.placeOf(path));
  }

  /** In the order of the file. */
  get problems(): readonly Problem[] {
    return [...this.found].sort((a, b) => a.offset - b.offset).map(({ problem }) => problem);
  }

  /** A report of its own about the same file, in which some things stand elsewhere. */
  moved(placeOf: Place): Report {
    return new Report(this.source, this.tree, placeOf);
  }

  /**
   * Takes over what reports about one system each have found. What is wrong with all systems is told once; else it is
   * said with which.
   */
  takeOver(reports: readonly { readonly system: string; readonly report: Report }[]): void {
    const told = new Set<string>();
    for (const { offset, path, problem: { message, hint } } of reports.flatMap(({ report }) => report.found)) {
      const key = `${offset} ${message}`;
      if (told.has(key)) continue;
      told.add(key);
      const concerned = reports.filter(({ report }) =>
        report.found.some((other) => other.offset === offset && other.problem.message === message));
      if (concerned.length === reports.length) {
        this.add(offset, path, message, hint);
        continue;
      }
      const names = concerned.map(({ system }) => system);
      const others = reports.map(({ system }) => system).filter((system) => !names.includes(system));
      const mayBeLeftOut = path[0] === 'faults' || path[0] === 'check';
      const elsewhere = mayBeLeftOut ? `\`where: [${others.join(', ')}]\` leaves it out there` : undefined;
      this.add(offset, path, `with ${names.join(' and ')}: ${message}`, hint ?? elsewhere);
    }
  }

  private add(offset: number, path: Path, message: string, hint?: string): void {
    this.found.push({ offset, path, problem: this.source.problem(offset, message, hint) });
  }
}
