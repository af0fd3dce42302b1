import type { RandomStream } from '../contract/context.ts';
import type { Plain } from '../contract/message.ts';
import type { Operation } from '../contract/session.ts';
import type { Seen } from '../contract/workload.ts';

/** Each key is a znode below the root, and has these below it: few paths, so that clients meet. */
const CHILDREN: readonly string[] = ['a', 'b', 'c'];
const MODES: readonly string[] = ['persistent', 'ephemeral', 'persistent-sequential', 'ephemeral-sequential'];
const HALF = 500_000;
const ANY = -1;

/** A part of a `multi`. */
type Part = { readonly [field: string]: Plain };

/** An operation that reads the tree; half of them set a watch. One in six brings the server up to its leader. */
export function readOfTree(random: RandomStream, _seen: Seen, key: string): Operation {
  const path = pathIn(random, key);
  const f = ['get', 'get', 'exists', 'exists', 'children', 'sync'][random.between(0, 5)] as string;
  const watch = random.chance(HALF);
  if (f === 'sync') return { f, key: path, value: null };
  // Children that have no children are a dull thing to watch.
  return { f, key: f === 'children' ? `/${key}` : path, value: { watch } };
}

export function setsWatch({ value }: Operation): boolean {
  return fieldOf(value, 'watch') === true;
}

/**
 * In place of a watch for one event: one that stands, of the same path, or of all from the key's znode on, or from the
 * root; or the end of what is watched there.
 */
export function persistentWatch(random: RandomStream, path: string): Operation {
  const draw = random.between(0, 7);
  const [, key = ''] = path.split('/');
  const where = draw % 2 === 0 ? path : draw === 7 ? '/' : `/${key}`;
  if (draw < 2) return { f: 'remove-watches', key: where, value: { type: 'any' } };
  return { f: 'add-watch', key: where, value: { mode: draw % 2 === 0 ? 'persistent' : 'persistent-recursive' } };
}

/** One that changes the tree: of all kinds and modes; now and then several at once, or the end of the session. */
export function changeOfTree(random: RandomStream, seen: Seen, key: string): Operation {
  const draw = random.between(0, 99);
  if (draw < 2) return { f: 'close', key: '/', value: null };
  if (draw < 12) {
    const ops = Array.from({ length: random.between(2, 3) }, () => partOfMulti(random, seen, key));
    return { f: 'multi', key: '/', value: { ops } };
  }
  const { op, path, ...value } = simpleChange(random, seen, key);
  return { f: op as string, key: path as string, value };
}

function partOfMulti(random: RandomStream, seen: Seen, key: string): Part {
  if (!random.chance(HALF / 2)) return simpleChange(random, seen, key);
  const path = pathIn(random, key);
  return { op: 'check', path, version: versionOf(random, seen, path) };
}

function simpleChange(random: RandomStream, seen: Seen, key: string): Part {
  const draw = random.between(0, 9);
  if (draw < 4) return createIn(random, seen, key);
  const path = draw < 6 ? childSeen(random, seen, key) : pathIn(random, key);
  if (draw < 7) return { op: 'delete', path, version: versionOf(random, seen, path) };
  return { op: 'set', path, data: dataOf(seen), version: versionOf(random, seen, path) };
}

/** A parent has to be there before its children, and an ephemeral one has none. */
function createIn(random: RandomStream, seen: Seen, key: string): Part {
  const data = dataOf(seen);
  if (!seen.last.has(`/${key}`) || random.chance(HALF / 5)) {
    return { op: 'create', path: `/${key}`, data, mode: 'persistent' };
  }
  const mode = MODES[random.between(0, MODES.length - 1)] as string;
  const name = mode.endsWith('sequential') ? 's-' : CHILDREN[random.between(0, CHILDREN.length - 1)] as string;
  return { op: 'create', path: `/${key}/${name}`, data, mode };
}

/** Two in three are below the znode of the key. */
function pathIn(random: RandomStream, key: string): string {
  const child = CHILDREN[random.between(0, CHILDREN.length - 1)] as string;
  return random.between(0, 2) === 0 ? `/${key}` : `/${key}/${child}`;
}

/** A child that was there when this client listed them, those with numbers among them; else any. */
function childSeen(random: RandomStream, seen: Seen, key: string): string {
  const last = seen.last.get(`/${key}`);
  const listed = last?.f === 'children' && !last.isRefused ? fieldOf(last.value, 'children') : null;
  const names = Array.isArray(listed) ? listed as readonly string[] : [];
  const name = names[random.between(0, Math.max(0, names.length - 1))];
  return name === undefined ? pathIn(random, key) : `/${key}/${name}`;
}

/** Half of the conditions are on what this client saw last; the others, where it saw nothing too, are none. */
function versionOf(random: RandomStream, seen: Seen, path: string): number {
  const isAny = random.chance(HALF);
  const version = fieldOf(fieldOf(seen.last.get(path)?.value, 'stat'), 'version');
  return isAny || typeof version !== 'number' ? ANY : version;
}

/** No two operations of a run carry the same. */
function dataOf({ operations, clients, client }: Seen): string {
  return String(operations * clients + client);
}

function fieldOf(value: Plain, name: string): Plain {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return (value as { readonly [field: string]: Plain })[name];
}
