import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorsIn, filesBelow, programOf, readConfig, root } from './compile.ts';

const impure = ['src/scenario/file', 'src/report', 'src/host', 'src/cli'];

/** What no pure layer may compile, by the name that the error has to say. */
const banned: Record<string, string> = {
  setTimeout: 'export const leak: unknown = setTimeout;',
  setInterval: 'export const leak: unknown = setInterval;',
  queueMicrotask: 'export const leak: unknown = queueMicrotask;',
  process: 'export const leak: unknown = process;',
  performance: 'export const leak: unknown = performance;',
  crypto: 'export const leak: unknown = crypto;',
  console: 'export const leak: unknown = console;',
  fetch: 'export const leak: unknown = fetch;',
  Buffer: 'export const leak: unknown = Buffer;',
  window: 'export const leak: unknown = window;',
  require: "export const leak: unknown = require('fs');",
  'node:fs': "export { readFileSync } from 'node:fs';",
  'node:worker_threads': "export { Worker } from 'node:worker_threads';",
  enum: 'export enum Colour { red }',
  'parameter property': 'export class Point { constructor(readonly x: number) {} }',
  'inferred export': 'export const sum = (a: number, b: number) => a + b;',
  'unchecked index': 'export const first = (list: readonly number[]): number => list[0];',
};
/** Where the error names the compiler option instead. */
const saysOtherwise: Record<string, string> = {
  enum: 'erasableSyntaxOnly',
  'parameter property': 'erasableSyntaxOnly',
  'inferred export': 'isolatedDeclarations',
  'unchecked index': 'undefined',
};
const clean = `
  import type { DurationUs } from './time.ts';
  export function doubled(us: DurationUs): DurationUs { return Math.floor(us * 2); }
  export const seen: Map<string, number> = new Map();
`;

/** Fixtures stand beside the real files, so that a type leaking in through any import of theirs would be seen too. */
const fixture = (name: string): string =>
  resolve(root, `src/kernel/fixture-${name.replaceAll(/\W/g, '-')}.ts`).replaceAll('\\', '/');

describe('the pure layers', () => {
  const config = readConfig('tsconfig.pure.json');
  const fixtures = { ...banned, clean };
  const texts = new Map(Object.entries(fixtures).map(([name, text]) => [fixture(name), text]));
  const program = programOf([...config.fileNames, ...texts.keys()], texts, config.options);

  it.each(Object.keys(banned))('cannot compile: %s', (name) => {
    expect(errorsIn(program, fixture(name)).join('\n')).toContain(saysOtherwise[name] ?? name);
  });

  it('compile integer arithmetic on simulated time', () => {
    expect(errorsIn(program, fixture('clean'))).toEqual([]);
  });

  it('are everything but the four folders at the edge and the barrel', () => {
    const edge = [...impure.map((folder) => `${folder}/`), 'src/index.ts'].map((path) => `${root}/${path}`);
    const expected = [...filesBelow('src'), ...filesBelow('checkers')]
      .filter((file) => !edge.some((path) => file.startsWith(path)));
    expect([...config.fileNames].sort()).toEqual(expected.sort());
  });

  it('reach none of those folders by an import either', () => {
    const reached = program.getSourceFiles().map(({ fileName }) => fileName);
    expect(reached.filter((file) => impure.some((folder) => file.includes(`/${folder}/`)))).toEqual([]);
    expect(reached.filter((file) => file.includes('/@types/node/'))).toEqual([]);
  });
});

describe('the whole tree', () => {
  it('is compiled by tsconfig.json, the folders at the edge and the tests included', () => {
    const compiled = new Set(readConfig('tsconfig.json').fileNames);
    const files = ['src', 'checkers', 'test'].flatMap(filesBelow);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !compiled.has(file))).toEqual([]);
  });
});
