import type { HistoryEvent, Json } from '../../src/history/operation.ts';

/**
 * A tree for verification alone: the simplest that will do, written apart from the one that the checkers have. One map,
 * changed in place; who is whose child is found by looking at all paths.
 */
export class PlainTree {
  readonly znodes: Map<string, Fields> = new Map([['/', fresh(0, '', 0)]]);
  /** What happened to paths, in order. */
  readonly happened: { readonly zxid: number; readonly type: string; readonly path: string }[] = [];

  /** Everything that was committed up to a zxid. */
  static upTo(history: readonly HistoryEvent[], zxid: number): PlainTree {
    const tree = new PlainTree();
    for (const line of history) {
      if (line.process !== 'nemesis' || line.f !== 'committed' || number(line.value, 'zxid') > zxid) continue;
      tree.carryOut(field(line.value, 'change'), number(line.value, 'zxid'));
    }
    return tree;
  }

  carryOut(change: Json, zxid: number): void {
    const path = text(change, 'path');
    switch (field(change, 'change')) {
      case 'create': return this.add(path, fresh(zxid, text(change, 'data'), number(change, 'ephemeralOwner')), zxid);
      case 'set': return this.set(path, text(change, 'data'), number(change, 'version'), zxid);
      case 'delete': return this.remove(path, zxid);
      case 'multi': for (const part of list(change, 'changes')) this.carryOut(part, zxid); return;
      case 'close-session': for (const one of list(change, 'paths')) this.remove(one as string, zxid); return;
      default: return;
    }
  }

  add(path: string, znode: Fields, zxid: number): void {
    this.znodes.set(path, znode);
    this.touch(path, zxid);
    this.happened.push({ zxid, type: 'NodeCreated', path }, { zxid, type: 'NodeChildrenChanged', path: above(path) });
  }

  set(path: string, data: string, version: number, zxid: number): void {
    const znode = this.znodes.get(path);
    if (znode === undefined) return;
    this.znodes.set(path, { ...znode, data, version, mzxid: zxid });
    this.happened.push({ zxid, type: 'NodeDataChanged', path });
  }

  remove(path: string, zxid: number): void {
    if (!this.znodes.delete(path)) return;
    this.touch(path, zxid);
    this.happened.push({ zxid, type: 'NodeDeleted', path }, { zxid, type: 'NodeChildrenChanged', path: above(path) });
  }

  /** Names, ascending. */
  children(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...this.znodes.keys()]
      .filter((other) => other !== '/' && other.startsWith(prefix) && !other.slice(prefix.length).includes('/'))
      .map((other) => other.slice(prefix.length)).sort();
  }

  /** As `Stat` has it, and the data. */
  look(path: string): Fields | null {
    const znode = this.znodes.get(path);
    if (znode === undefined) return null;
    return { ...znode, dataLength: String(znode['data']).length, numChildren: this.children(path).length };
  }

  private touch(path: string, zxid: number): void {
    const parent = this.znodes.get(above(path));
    if (parent === undefined) return;
    this.znodes.set(above(path), { ...parent, pzxid: zxid, cversion: Number(parent['cversion']) + 1 });
  }
}

/** What a znode holds, by the names of `Stat`, and its data. */
export type Fields = { readonly [name: string]: string | number };

/** What a request gives on this tree, which it changes: `null`, or the error. `path`: where a create is to end up. */
export function ask(tree: PlainTree, op: Json, path: string, session: number, zxid: number): string | null {
  const kind = field(op, 'op');
  const parent = tree.look(above(path));
  const znode = tree.look(path);
  if (kind === 'create') {
    if (parent === null) return 'NoNode';
    if (znode !== null) return 'NodeExists';
    if (parent['ephemeralOwner'] !== 0) return 'NoChildrenForEphemerals';
    const owner = text(op, 'mode').startsWith('ephemeral') ? session : 0;
    tree.add(path, fresh(zxid, text(op, 'data'), owner), zxid);
    return null;
  }
  if (znode === null) return 'NoNode';
  const version = number(op, 'version');
  if (version !== -1 && version !== znode['version']) return 'BadVersion';
  if (kind === 'set') tree.set(path, text(op, 'data'), Number(znode['version']) + 1, zxid);
  if (kind !== 'delete') return null;
  if (tree.children(path).length > 0) return 'NotEmpty';
  tree.remove(path, zxid);
  return null;
}

function fresh(zxid: number, data: string, ephemeralOwner: number): Fields {
  return { data, czxid: zxid, mzxid: zxid, pzxid: zxid, version: 0, cversion: 0, aversion: 0, ephemeralOwner };
}

export function above(path: string): string {
  const parts = path.split('/').slice(0, -1);
  return parts.length <= 1 ? '/' : parts.join('/');
}

export function field(value: Json | undefined, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return (value as { readonly [name: string]: Json })[name] ?? null;
}

export function number(value: Json | undefined, name: string): number {
  const found = field(value, name);
  return typeof found === 'number' ? found : NaN;
}

export function text(value: Json | undefined, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : '';
}

export function list(value: Json | undefined, name: string): readonly Json[] {
  const found = field(value, name);
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}
