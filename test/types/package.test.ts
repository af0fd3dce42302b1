import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { errorsIn, filesBelow, programOf, readConfig, root } from './compile.ts';

/** What `npm run build` writes, kept in memory: absolute path below dist/ → text. */
function build(): Map<string, string> {
  const { fileNames, options } = readConfig('tsconfig.build.json');
  const written = new Map<string, string>();
  programOf(fileNames, new Map(), options).emit(undefined, (path, text) => written.set(path, text));
  return written;
}

const dist = `${root}/dist`;

/** Errors that a consumer gets from the declarations he reaches: no Node types, no DOM, library checks on. */
function consumerErrors(files: ReadonlyMap<string, string>): string[] {
  const consumer = `${dist}/consumer.ts`;
  const text = `
    import * as library from './src/index.js';
    import * as checkers from './checkers/index.js';
    export const entries: readonly object[] = [library, checkers];`;
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.NodeNext,
    types: [],
    strict: true,
    noEmit: true,
  };
  const declarations = [...files].filter(([path]) => path.endsWith('.d.ts'));
  const program = programOf([consumer], new Map([...declarations, [consumer, text]]), options);
  const reached = program.getSourceFiles().map(({ fileName }) => fileName).filter((path) => path.startsWith(dist));
  return reached.flatMap((path) => errorsIn(program, path).map((error) => `${path}: ${error}`));
}

describe('the built package', () => {
  const files = build();

  it('has a module and its types for every source', () => {
    const sources = [...filesBelow('src'), ...filesBelow('checkers')].filter((file) => !file.endsWith('.d.ts'));
    const stems = sources.map((file) => `${dist}${file.slice(root.length, -'.ts'.length)}`);
    expect(stems.length).toBeGreaterThan(0);
    expect(stems.filter((stem) => !files.has(`${stem}.js`) || !files.has(`${stem}.d.ts`))).toEqual([]);
  });

  it('imports only built modules: in what Node runs, .ts became .js', () => {
    const modules = [...files].filter(([path]) => path.endsWith('.js'));
    expect(modules.filter(([, text]) => /(from|import\()\s*['"]\.[^'"]*\.ts['"]/.test(text))).toEqual([]);
  });

  it('shows a consumer types that stand by themselves', () => {
    expect(consumerErrors(files)).toEqual([]);
  });

  it('would be caught with a Node type, or an ambient module of ours, in its public types', () => {
    const planted = "import alea from 'seedrandom/lib/alea.js'; export declare const a: typeof alea, b: Buffer;";
    const errors = consumerErrors(new Map([...files, [`${dist}/src/index.d.ts`, planted]])).join('\n');
    expect(errors).toContain('seedrandom/lib/alea.js');
    expect(errors).toContain("'Buffer'");
  });
});
