import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const eslint = new ESLint({ cwd: root });

/** The file has to exist, because the rules know types; its content is the planted text. */
async function rulesThatFire(text: string, file = 'src/kernel/time.ts'): Promise<string[]> {
  const [result] = await eslint.lintText(`${text}\n`, { filePath: resolve(root, file) });
  return [...new Set(result?.messages.map(({ ruleId, message }) => ruleId ?? message))];
}

const globals = [
  'Date', 'Promise', 'globalThis', 'Intl', 'WeakRef', 'FinalizationRegistry', 'setTimeout', 'setInterval',
  'setImmediate', 'queueMicrotask', 'process', 'performance', 'crypto', 'console', 'fetch',
];
const properties = [
  'Math.random', 'Math.log', 'Math.log2', 'Math.log10', 'Math.exp', 'Math.pow', 'Math.sin', 'Math.cos', 'Math.tan',
  'Math.sqrt', 'Math.cbrt', 'Math.hypot', "'a'.localeCompare", "'a'.toLocaleUpperCase", '(1).toLocaleString',
];
const syntax = [
  'export async function f(): Promise<number> { return await g(); } declare function g(): Promise<number>;',
  'export const f = async (): Promise<void> => { await g(); }; declare function g(): Promise<void>;',
  'export function f(o: object): string[] { const keys = []; for (const key in o) keys.push(key); return keys; }',
  'export const f = (x: number): number => x ** 2;',
  'export function f(x: number): number { let y = x; y **= 2; return y; }',
  'export enum Colour { red }',
  "export const f = (): unknown => import('./ids.ts');",
];
const typed: Record<string, string> = {
  '@typescript-eslint/require-array-sort-compare': 'export const f = (a: number[]): number[] => a.sort();',
  '@typescript-eslint/switch-exhaustiveness-check':
    "export function f(x: 'a' | 'b'): number { switch (x) { case 'a': return 1; } return 2; }",
  '@typescript-eslint/no-floating-promises':
    'export function f(): void { g(); } declare function g(): Promise<void>;',
  '@typescript-eslint/no-explicit-any': 'export const f = (x: any): number => (x === 1 ? 1 : 2);',
  '@typescript-eslint/consistent-type-imports':
    "import { NodeId } from './ids.ts'; export const f = (x: NodeId): number => x;",
};

describe('every ban of the pure layers fires', () => {
  it.each(globals)('on the global %s', async (name) => {
    expect(await rulesThatFire(`export const leak: unknown = ${name};`)).toContain('no-restricted-globals');
  });

  it.each(properties)('on the property %s', async (name) => {
    expect(await rulesThatFire(`export const leak: unknown = ${name};`)).toContain('no-restricted-properties');
  });

  it('on a property that is taken out of Math by destructuring', async () => {
    expect(await rulesThatFire('export const { random } = Math;')).toContain('no-restricted-properties');
  });

  it.each(syntax)('on the syntax of %s', async (text) => {
    expect(await rulesThatFire(text)).toContain('no-restricted-syntax');
  });

  it.each(Object.entries(typed))('as %s', async (rule, text) => {
    expect(await rulesThatFire(text)).toContain(rule);
  });

  it('in the checkers as well', async () => {
    const text = 'export const now = Date.now(); export const luck = Math.random();';
    const rules = await rulesThatFire(text, 'checkers/index.ts');
    expect(rules).toEqual(expect.arrayContaining(['no-restricted-globals', 'no-restricted-properties']));
  });

  it('on code in the barrel, which only re-exports', async () => {
    expect(await rulesThatFire('export const version = 1;', 'src/index.ts')).toContain('no-restricted-syntax');
    expect(await rulesThatFire("export { assert } from './kernel/assert.ts';", 'src/index.ts')).toEqual([]);
  });
});

describe('no ban fires', () => {
  it('on integer arithmetic, sorted by a comparator, in a pure layer', async () => {
    const text = `
      export function sorted(values: readonly number[]): number[] {
        const copy: number[] = [];
        for (const value of values) copy.push(Math.floor(value / 2));
        return copy.sort((a, b) => a - b);
      }`;
    expect(await rulesThatFire(text)).toEqual([]);
  });

  it('on host names at the edge of the host', async () => {
    expect(await rulesThatFire('export const start = Date.now();', 'src/cli/main.ts')).toEqual([]);
  });

  it('on the names that the guard traps, in the guard', async () => {
    expect(await rulesThatFire('export const trapped = [Date, Math.random(), globalThis];', 'src/kernel/guard.ts'))
      .toEqual([]);
  });
});
