import {
  Composer, isAlias, isMap, isScalar, isSeq, Parser, type CST, type Node, type Pair, type YAMLMap,
} from 'yaml';
import { quote, type Problem, type SourceText } from './problem.ts';

/** What a file says, with the offset of every value and key. An alias has become what it stands for. */
export type Tree = TreeScalar | TreeList | TreeMap;

/** One value that has no parts. */
export interface TreeScalar {
  readonly kind: 'scalar';
  readonly offset: number;
  readonly value: string | number | boolean | null;
}

/** A list. */
export interface TreeList {
  readonly kind: 'list';
  readonly offset: number;
  readonly items: readonly Tree[];
}

/** A mapping; its keys are texts. */
export interface TreeMap {
  readonly kind: 'map';
  readonly offset: number;
  readonly entries: ReadonlyMap<string, { readonly keyOffset: number; readonly value: Tree }>;
}

/** What {@link composeTree} made of a text. */
export type ComposedTree =
  | { readonly ok: true; readonly tree: Tree }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** After so many mistakes in its syntax a file says nothing any more. */
const syntaxProblemsMax = 100;
/** Twice as many as the guard lets through: a file without a mistake never has more. */
const levelsMax = 64;
/** A scenario has a few hundred values. */
const nodesMax = 20_000;
/** An alias saves writing a target or a link profile again; for more than that it only multiplies. */
const aliasValuesMax = 32;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Text that passed the guard, as a tree. The conversion is our own, because the library's builds plain objects: it
 * would lose positions, follow aliases without end, and set prototypes.
 */
export function composeTree(source: SourceText): ComposedTree {
  const tokens = [...new Parser().parse(source.text)];
  const deepOffset = offsetBelow(levelsMax, tokens);
  if (deepOffset !== null) return { ok: false, problems: [source.problem(deepOffset, 'nested too deep to be read')] };
  // Duplicate keys are found below: the library's own search takes quadratic time.
  const composer = new Composer({
    uniqueKeys: false, merge: false, resolveKnownTags: false, prettyErrors: false, logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens)];
  const syntax = documents.flatMap(({ errors }) => errors)
    .filter(({ code }) => code !== 'MULTIPLE_DOCS') // Told below, better.
    .slice(0, syntaxProblemsMax)
    .map(({ pos, code, message }) => source.problem(Math.min(pos[0], source.text.length), message, syntaxHints[code]));
  if (syntax.length > 0) return { ok: false, problems: syntax };
  const [document, second] = documents;
  if (second !== undefined) {
    const message = 'a second document begins here: one file is one scenario';
    return { ok: false, problems: [source.problem(second.range[0], message)] };
  }
  const contents = document?.contents ?? null;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { ok: false, problems: [source.problem(0, 'the file is empty')] };
  }
  const conversion = new Conversion(source);
  const tree = conversion.convert(contents);
  return conversion.problems.length > 0 ? { ok: false, problems: conversion.problems } : { ok: true, tree };
}

/**
 * Where something lies below more than so many collections, or `null`. The guard counts what a writer nests; what the
 * parser makes of a broken file can be deeper (each line of `&k a: |` and `"x"&k a: |` lies within the one before), and
 * what comes after it calls itself for each level.
 */
function offsetBelow(levels: number, tokens: readonly CST.Token[]): number | null {
  const open = tokens.map((token): [CST.Token, number] => [token, 0]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, level] = next;
    if (level > levels) return token.offset;
    if ('value' in token) open.push([token.value, level]);
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      for (const part of [key, value]) if (part !== null && part !== undefined) open.push([part, level + 1]);
    }
  }
  return null;
}

const syntaxHints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_SCALAR_START: 'put the text into quotes',
};

class Conversion {
  private readonly found: { readonly offset: number; readonly problem: Problem }[] = [];
  private readonly source: SourceText;
  /** What anchors stand for, and of how many values that is made, aliases followed; `null` while it is converted. */
  private readonly anchors = new Map<string, { readonly tree: Tree; readonly values: number } | null>();
  private count = 0;
  private isFull = false;

  constructor(source: SourceText) {
    this.source = source;
  }

  /** In the order of the file. */
  get problems(): readonly Problem[] {
    return [...this.found].sort((a, b) => a.offset - b.offset).map(({ problem }) => problem);
  }

  convert(node: Node): Tree {
    const offset = node.range?.[0] ?? 0;
    this.count += 1;
    if (this.count > nodesMax) {
      if (!this.isFull) this.refuse(offset, `more than ${nodesMax} values`);
      this.isFull = true;
      return { kind: 'scalar', offset, value: null };
    }
    if (isAlias(node)) return this.convertAlias(node.source, offset);
    if (!('anchor' in node) || node.anchor === undefined) return this.convertContent(node, offset);
    const before = this.count;
    this.anchors.set(node.anchor, null);
    const tree = this.convertContent(node, offset);
    this.anchors.set(node.anchor, { tree, values: this.count - before + 1 });
    return tree;
  }

  private refuse(offset: number, message: string, hint?: string): void {
    this.found.push({ offset, problem: this.source.problem(offset, message, hint) });
  }

  private convertAlias(name: string, offset: number): Tree {
    const anchored = this.anchors.get(name);
    if (anchored === undefined) this.refuse(offset, `no anchor ${quote(`&${name}`)} before this alias`);
    else if (anchored === null) this.refuse(offset, 'this alias contains itself');
    else if (anchored.values > aliasValuesMax) {
      const message = `this alias stands for ${anchored.values} values; at most ${aliasValuesMax}`;
      this.refuse(offset, message, 'write them out');
    } else {
      this.count += anchored.values - 1; // The alias itself has been counted.
      return anchored.tree;
    }
    return { kind: 'scalar', offset, value: null };
  }

  private convertContent(node: Node, offset: number): Tree {
    if (isMap(node)) return this.convertMap(node, offset);
    if (isSeq<Node>(node)) {
      return { kind: 'list', offset, items: node.items.map((item) => this.convert(item)) };
    }
    const value = isScalar(node) ? node.value : null;
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return { kind: 'scalar', offset, value: isPlain ? value : null };
  }

  private convertMap(map: YAMLMap, offset: number): Tree {
    const entries = new Map<string, { keyOffset: number; value: Tree }>();
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      const keyOffset = pair.key?.range?.[0] ?? offset;
      const key = isScalar<string | number | boolean | null>(pair.key) ? String(pair.key.value ?? '') : null;
      // Without a value, the place of the value is that of the key.
      const value = pair.value === null
        ? { kind: 'scalar', offset: keyOffset, value: null } as const
        : this.convert(pair.value);
      if (key === null || key === '') this.refuse(keyOffset, 'a key must be a word');
      else if (key === '<<') this.refuse(keyOffset, 'merge keys (`<<`) are not used in scenarios');
      else if (forbiddenKeys.has(key)) this.refuse(keyOffset, `\`${key}\` cannot be a key`);
      else if (entries.has(key)) this.refuse(keyOffset, `${quote(key)} stands here twice`);
      else entries.set(key, { keyOffset, value });
    }
    return { kind: 'map', offset, entries };
  }
}

/** The tree as plain data for zod; objects have no prototype. */
export function plainOf(tree: Tree): unknown {
  switch (tree.kind) {
    case 'scalar': return tree.value;
    case 'list': return tree.items.map(plainOf);
    case 'map': {
      const plain = Object.create(null) as Record<string, unknown>;
      for (const [key, { value }] of tree.entries) plain[key] = plainOf(value);
      return plain;
    }
  }
}

/** Keys and list positions from the top of a tree down to one value. */
export type Path = readonly PropertyKey[];

/** Where the value at a path stands; if there is none, the nearest value around it. */
export function offsetOf(tree: Tree, path: Path): number {
  let at = tree;
  for (const step of path) {
    const next = childOf(at, step);
    if (next === undefined) break;
    at = next;
  }
  return at.offset;
}

/** Where the key at the end of a path stands. */
export function keyOffsetOf(tree: Tree, path: Path): number {
  const parent = subtreeOf(tree, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.keyOffset ?? offsetOf(tree, path);
}

/** The value at a path. */
export function subtreeOf(tree: Tree, path: Path): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const step of path) at = at === undefined ? undefined : childOf(at, step);
  return at;
}

function childOf(tree: Tree, step: PropertyKey): Tree | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(step))?.value;
  return tree.kind === 'list' ? tree.items[Number(step)] : undefined;
}
