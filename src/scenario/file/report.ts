import type { Problem, SourceText } from './problem.ts';
import { keyOffsetOf, offsetOf, subtreeOf, type Path, type Tree } from './tree.ts';

/** Collects what is wrong with one file, by path. */
export class Report {
  readonly tree: Tree;
  private readonly source: SourceText;
  private readonly found: { readonly offset: number; readonly problem: Problem }[] = [];

  constructor(source: SourceText, tree: Tree) {
    this.source = source;
    this.tree = tree;
  }

  /** Something is wrong with the value at a path or, if there is none, with what should contain it. */
  value(path: Path, message: string, hint?: string): void {
    this.add(offsetOf(this.tree, path), message, hint);
  }

  /** Something is wrong with the last key of a path. */
  key(path: Path, message: string, hint?: string): void {
    this.add(keyOffsetOf(this.tree, path), message, hint);
  }

  /** The value at a path as the file has it. */
  at(path: Path): Tree | undefined {
    return subtreeOf(this.tree, path);
  }

  /** In the order of the file. */
  get problems(): readonly Problem[] {
    return [...this.found].sort((a, b) => a.offset - b.offset).map(({ problem }) => problem);
  }

  private add(offset: number, message: string, hint?: string): void {
    this.found.push({ offset, problem: this.source.problem(offset, message, hint) });
  }
}
