import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/**
 * House rules that no other tool checks. Each rule is a function from files to breaches (one sentence each), so that
 * it can be shown a planted breach as well as the tree.
 */
interface SourceFile {
  /** From the top of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const columnsMax = 120;
const functionLinesMax = 70;
const fileLinesMax = 600;

const lines = (text: string): string[] => text.replace(/\n$/, '').split('\n');

function longLines({ path, text }: SourceFile): string[] {
  return lines(text).flatMap((line, index) => {
    const columns = [...line].length;
    return columns > columnsMax ? [`${path}:${index + 1} has ${columns} columns`] : [];
  });
}

function longFiles({ path, text }: SourceFile): string[] {
  const count = lines(text).length;
  return count > fileLinesMax ? [`${path} has ${count} lines`] : [];
}

/** A `describe` callback is a chapter, not a function: its length says nothing. */
function isChapter(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && call.expression !== node && /^describe\b/.test(call.expression.getText());
}

function longFunctions({ path, text }: SourceFile): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && !isChapter(node)) {
      const first = lineOf(node.getStart());
      const count = lineOf(node.end) - first + 1;
      if (count > functionLinesMax) found.push(`${path}:${first} begins a function of ${count} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** A mark of unfinished work stays only with the public issue that will end it. */
function unfinishedMarks({ path, text }: SourceFile): string[] {
  const mark = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
  const issue = /https:\/\/github\.com\/[^/\s]+\/[^/\s]+\/(issues|pull)\/\d+/;
  return lines(text).flatMap((line, index) =>
    mark.test(line) && !issue.test(line) ? [`${path}:${index + 1} is unfinished and names no issue`] : []);
}

function machinePaths({ path, text }: SourceFile): string[] {
  const absolute = new RegExp(`(^|[^\\w.~-])/(${['home', 'work', 'root', 'Users'].join('|')})/[\\w.]`);
  return lines(text).flatMap((line, index) =>
    absolute.test(line) ? [`${path}:${index + 1} has a path of a machine`] : []);
}

/** The modules that a file names: imports, re-exports, and the entry of a worker (`new URL('./x.js', …)`). */
function namedModules({ path, text }: SourceFile): string[] {
  const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
  const workers = [...text.matchAll(/new URL\(\s*'([^']+)'/g)].map(([, name = '']) => name);
  return [...imports, ...workers]
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(posix.dirname(path), name).replace(/\.js$/, '.ts'));
}

function deadFiles(sources: readonly SourceFile[]): string[] {
  const modules = sources.filter(({ path }) => /^(src|checkers)\//.test(path) && !path.endsWith('.d.ts'));
  const byPath = new Map(modules.map((source) => [source.path, source]));
  const reached = new Set(['src/index.ts', 'src/cli/main.ts', 'checkers/index.ts']);
  for (const path of reached) { // Grows while it is walked.
    const source = byPath.get(path);
    if (source !== undefined) for (const name of namedModules(source)) reached.add(name);
  }
  return modules.filter(({ path }) => !reached.has(path)).map(({ path }) => `${path} is reached by no entry`);
}

const citations = (text: string): string[] => text.match(/§\d+(\.\d+)*|Figure \d+/g) ?? [];

/** A section that a protocol cites is one that its README or the header of its main file claims to cover. */
function uncoveredSections(sources: readonly SourceFile[]): string[] {
  const folderOf = (path: string): string | undefined => /^src\/protocols\/[^/]+/.exec(path)?.[0];
  const folders = new Set(sources.flatMap(({ path }) => folderOf(path) ?? []));
  return [...folders].flatMap((folder) => {
    const files = sources.filter(({ path }) => folderOf(path) === folder);
    const main = [`${folder}/node.ts`, `${folder}/${posix.basename(folder)}.ts`];
    const covered = new Set(files.flatMap(({ path, text }) => {
      if (path === `${folder}/README.md`) return citations(text);
      return main.includes(path) ? citations(/^\s*\/\*[^]*?\*\//.exec(text)?.[0] ?? '') : [];
    }));
    return files.filter(({ path }) => path.endsWith('.ts')).flatMap(({ path, text }) =>
      [...new Set(citations(text))].filter((section) => !covered.has(section))
        .map((section) => `${path} cites ${section}, which its folder does not list as covered`));
  });
}

/** By paper, the sections that a README lists below its heading "Sections of the papers"; `null` without one. */
function listedSections(readme: string): ReadonlyMap<string, readonly string[]> | null {
  const part = /\n## Sections of the papers\n([^]*?)(?=\n## |$)/.exec(readme)?.[1];
  if (part === undefined) return null;
  const rows = [...part.matchAll(/^\| (?!paper|---)([^|]+) \| ([^|]+) \|$/gm)];
  return new Map(rows.map(([, paper = '', cell = '']) => [paper, cell.match(/\b\d+(\.\d+)*\b/g) ?? []]));
}

/** `paper section` of each citation; where a folder has one paper, it goes without saying which. */
function citedSections(text: string, papers: readonly string[]): string[] {
  const flowing = text.replace(/\n\s*(\*|\/\/)?\s*/g, ' ');
  const citation = new RegExp(
    `(${papers.join('|')})?[^\\w§]{0,5}(?:§|\\bsections? )(\\d+(?:\\.\\d+)*)(?: and §?(\\d+(?:\\.\\d+)*))?`, 'gi',
  );
  return [...flowing.matchAll(citation)].flatMap(([, named, section = '', other]) => {
    const paper = named ?? (papers.length === 1 ? papers[0] : undefined) ?? 'no paper';
    return (other === undefined ? [section] : [section, other]).map((one) => `${paper} ${one}`);
  });
}

/** Where a README lists sections by paper, it lists those that the code beside it cites, and no others. */
function unlistedSections(sources: readonly SourceFile[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const folder = /^src\/protocols\/[^/]+(?=\/README\.md$)/.exec(path)?.[0];
    const listed = folder === undefined ? null : listedSections(text);
    if (folder === undefined || listed === null) return [];
    const list = [...listed].flatMap(([paper, sections]) => sections.map((section) => `${paper} ${section}`));
    const cited = sources.filter((source) => source.path.startsWith(`${folder}/`)).flatMap((source) =>
      citedSections(source.text.replace(/\n## Sections of the papers\n[^]*?(?=\n## |$)/, ''), [...listed.keys()]));
    return [
      ...[...new Set(cited)].filter((one) => !list.includes(one)).map((one) => `${folder} cites ${one}, not listed`),
      ...list.filter((one) => !cited.includes(one)).map((one) => `${folder} lists ${one}, not cited`),
    ];
  });
}

const root = resolve(import.meta.dirname, '..');
const skipped = new Set(['node_modules', 'dist', 'coverage', '.git', 'package-lock.json']);

/** Every file of the tree but what is installed, built or reported. */
function filesOf(folder: string): SourceFile[] {
  return readdirSync(resolve(root, folder)).flatMap((name): SourceFile[] => {
    const path = posix.join(folder, name);
    if (skipped.has(name) || (folder === 'reports' && name !== 'README.md')) return [];
    if (statSync(resolve(root, path)).isDirectory()) return filesOf(path);
    return [{ path, text: readFileSync(resolve(root, path), 'utf8') }];
  });
}

describe('the tree is tidy', () => {
  const all = filesOf('.');
  const code = all.filter(({ path }) => /^(src|checkers|test)\/.*\.ts$/.test(path));

  it('and was read whole', () => {
    expect(code.length).toBeGreaterThan(0);
    for (const entry of ['src/index.ts', 'src/cli/main.ts', 'checkers/index.ts']) {
      expect(existsSync(resolve(root, entry)), entry).toBe(true);
    }
  });

  it(`no line is longer than ${columnsMax} columns`, () => { expect(code.flatMap(longLines)).toEqual([]); });
  it(`no file is longer than ${fileLinesMax} lines`, () => { expect(code.flatMap(longFiles)).toEqual([]); });
  it(`no function is longer than ${functionLinesMax} lines`, () => {
    expect(code.flatMap(longFunctions)).toEqual([]);
  });
  it('nothing is marked unfinished without an issue', () => { expect(code.flatMap(unfinishedMarks)).toEqual([]); });
  it('no file knows the path of a machine', () => { expect(all.flatMap(machinePaths)).toEqual([]); });
  it('no module is dead', () => { expect(deadFiles(code)).toEqual([]); });
  it('protocols cite what they list as covered', () => { expect(uncoveredSections(all)).toEqual([]); });
  it('and where they list it by paper, nothing else', () => { expect(unlistedSections(all)).toEqual([]); });
});

describe('each rule sees a planted breach, and not its neighbour', () => {
  const file = (text: string, path = 'src/a.ts'): SourceFile => ({ path, text });
  const body = (count: number): string => 'f();\n'.repeat(count);

  it('a long line, counted in characters', () => {
    expect(longLines(file(`${'é'.repeat(120)}\n${'x'.repeat(121)}\n`))).toEqual(['src/a.ts:2 has 121 columns']);
  });

  it('a long file', () => {
    expect(longFiles(file(body(600)))).toEqual([]);
    expect(longFiles(file(body(601)))).toEqual(['src/a.ts has 601 lines']);
  });

  it.each([
    ['function', (text: string) => `function f() {\n${text}}`],
    ['arrow', (text: string) => `const f = () => {\n${text}};`],
    ['callback', (text: string) => `it('works', () => {\n${text}});`],
    ['method', (text: string) => `class A { m() {\n${text}} }`],
    ['constructor', (text: string) => `class A { constructor() {\n${text}} }`],
  ])('a long %s', (_kind, wrap) => {
    expect(longFunctions(file(wrap(body(68))))).toEqual([]);
    expect(longFunctions(file(wrap(body(69))))).toEqual(['src/a.ts:1 begins a function of 71 lines']);
  });

  it('but a chapter of tests may be long, its functions not', () => {
    expect(longFunctions(file(`describe('x', () => {\n${body(100)}});`))).toEqual([]);
    expect(longFunctions(file(`describe('x', () => {\nfunction f() {\n${body(100)}}\n});`))).toHaveLength(1);
  });

  it('a mark without an issue', () => {
    const mark = `// ${'TO' + 'DO'} later`;
    expect(unfinishedMarks(file(mark))).toEqual(['src/a.ts:1 is unfinished and names no issue']);
    expect(unfinishedMarks(file(`${mark} https://github.com/etcd-io/etcd/issues/1`))).toEqual([]);
  });

  it('a path of a machine', () => {
    for (const top of ['home', 'work', 'root', 'Users']) {
      expect(machinePaths(file(`const path = '/${top}/someone/x';`)), top).toHaveLength(1);
    }
    expect(machinePaths(file("import './work/a.ts'; // and/work/b"))).toEqual([]);
  });

  it('a module that only a dead module imports', () => {
    const sources = [
      file("export * from './b.ts';", 'src/index.ts'),
      file("new Worker(new URL('./worker.js', import.meta.url));", 'src/b.ts'),
      file("await import('./c.ts');", 'src/worker.ts'),
      file('', 'src/c.ts'),
      file('', 'src/types.d.ts'),
      file("import './dead2.ts';", 'checkers/dead.ts'),
      file('', 'checkers/dead2.ts'),
    ];
    expect(deadFiles(sources)).toEqual([
      'checkers/dead.ts is reached by no entry', 'checkers/dead2.ts is reached by no entry',
    ]);
  });

  it('a cited section that is listed nowhere', () => {
    const raft = 'src/protocols/raft';
    const sources = [
      file('/** Covers §5.4. */\n// §5.4 and §8', `${raft}/node.ts`),
      file('// §5.4.2 and Figure 3', `${raft}/invariants.ts`),
      file('Covered: Figure 3.', `${raft}/README.md`),
      file('// §8', 'src/protocols/zab/node.ts'),
    ];
    expect(uncoveredSections(sources)).toEqual([
      `${raft}/node.ts cites §8, which its folder does not list as covered`,
      `${raft}/invariants.ts cites §5.4.2, which its folder does not list as covered`,
      'src/protocols/zab/node.ts cites §8, which its folder does not list as covered',
    ]);
  });

  it('a section of a paper that is cited and not listed, or listed and not cited', () => {
    const folder = 'src/protocols/zab';
    const list = (...rows: string[]): SourceFile => file(
      ['# Zab', '', '## Sections of the papers', '', '| paper | sections |', '| --- | --- |', ...rows, ''].join('\n'),
      `${folder}/README.md`,
    );
    const code = file('// Junqueira 2011, sections 4.1 and 4.2\n// (Medeiros,\n// section 2)', `${folder}/zab.ts`);
    const junqueira = '| Junqueira 2011 | 4.1 phases; 4.2 more |';
    expect(unlistedSections([list(junqueira, '| Medeiros | 2 as it is |'), code])).toEqual([]);
    expect(unlistedSections([list('| Junqueira 2011 | 4.1 phases; 5 more |'), code])).toEqual([
      `${folder} cites Junqueira 2011 4.2, not listed`, `${folder} cites Junqueira 2011 2, not listed`,
      `${folder} lists Junqueira 2011 5, not cited`,
    ]);
    expect(unlistedSections([list(junqueira, '| Hunt | 3 |'), code])).toEqual([
      `${folder} cites no paper 2, not listed`, `${folder} lists Hunt 3, not cited`,
    ]);
  });
});
