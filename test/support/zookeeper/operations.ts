import type { Stream } from '../../../src/kernel/rng.ts';
import type { CreateMode, Op, WatcherType, WatchMode, WriteOp } from '../../../src/protocols/zookeeper/messages.ts';
import type { WatchedPaths } from './heard.ts';

/** All that is done happens below this: the root of a real service has children of its own. */
export const TOP = '/t';

const PATHS = ['/a', '/b', '/c', '/a/x', '/a/y', '/b/x', '/c/x', '/a/x/q', '/a/x/r', ''].map((path) => TOP + path);
/** A number is put behind these. */
const STEMS = ['/a/', '/a/n-', '/b/n-', '/n-', '/a/x/n-'].map((path) => TOP + path);
const NO_PATHS =
  ['', 't', 't/a', '//a', `${TOP}//a`, `${TOP}/`, `${TOP}/./a`, `${TOP}/..`, `${TOP}/\u0001`, '/t\u0000'];
const MODES: readonly CreateMode[] =
  ['persistent', 'persistent', 'ephemeral', 'persistent-sequential', 'ephemeral-sequential'];
const DATA = ['', 'one', 'two', 'three and more'];
const PARTS_MAX = 4;

/** The modes of a session's watches: one of them, or all, where they may meet on a path. */
export type Watching = WatchMode | 'mixed';

/** Draws operations that meet what is there, and now and then what is not, or cannot be. */
export class OperationGenerator {
  private readonly random: Stream;

  constructor(random: Stream) {
    this.random = random;
  }

  next(watching: Watching): Op {
    const kind = this.random.between(0, 99);
    if (kind < 50) return this.write();
    if (kind < 60) return { op: 'multi', ops: this.parts() };
    if (kind < 62) return { op: 'sync', path: TOP };
    if (kind < 66) return this.removal(watching);
    const path = this.of(PATHS);
    const mode = this.mode(watching);
    if (mode !== 'standard' && this.random.chance(300_000)) return { op: 'add-watch', path, mode };
    const read = this.of(['get', 'exists', 'children'] as const);
    return { op: read, path, watch: mode === 'standard' && this.random.chance(600_000) };
  }

  /** What a client says that it had watched: some of the paths that there may be. */
  watched(watching: Watching): WatchedPaths {
    const of = (...modes: readonly Watching[]): readonly string[] =>
      modes.includes(watching) ? PATHS.filter(() => this.random.chance(200_000)) : [];
    const standard = [of('standard', 'mixed'), of('standard', 'mixed'), of('standard', 'mixed')] as const;
    const [persistent, persistentRecursive] = [of('persistent', 'mixed'), of('persistent-recursive', 'mixed')];
    return { data: standard[0], exists: standard[1], children: standard[2], persistent, persistentRecursive };
  }

  /** ZOOKEEPER-4471: of a watch that is persistent, all but `any` leaves a part behind, which nobody has asked for. */
  private removal(watching: Watching): Op {
    const types = watching === 'standard' ? ['data', 'children', 'any'] as const : ['any'] as const;
    return { op: 'remove-watches', path: this.of(PATHS), type: this.of<WatcherType>(types) };
  }

  private mode(watching: Watching): WatchMode {
    return watching === 'mixed' ? this.of(['standard', 'persistent', 'persistent-recursive'] as const) : watching;
  }

  private parts(): WriteOp[] {
    return Array.from({ length: this.random.between(0, PARTS_MAX) }, () =>
      this.random.chance(150_000) ? { op: 'check', path: this.path(), version: this.version() } : this.write());
  }

  private write(): WriteOp {
    const kind = this.random.between(0, 9);
    if (kind < 5) return this.create();
    if (kind < 8) return { op: 'delete', path: this.path(), version: this.version() };
    return { op: 'set', path: this.path(), data: this.of(DATA), version: this.version() };
  }

  private create(): WriteOp {
    const mode = this.of(MODES);
    const isNumbered = mode.endsWith('sequential') && this.random.chance(800_000);
    return { op: 'create', path: isNumbered ? this.of(STEMS) : this.path(), data: this.of(DATA), mode };
  }

  private path(): string {
    return this.of(this.random.chance(40_000) ? NO_PATHS : PATHS);
  }

  private version(): number {
    return this.of([-1, -1, -1, 0, 1, 2]);
  }

  private of<T>(values: readonly T[]): T {
    return values[this.random.between(0, values.length - 1)] as T;
  }
}
