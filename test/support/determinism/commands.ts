import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dist, folderWith, type Ended } from '../cli/command.ts';

/** What surrounds a command, as far as it is not as usual. */
export interface Surroundings {
  /** Put over the environment of the tests; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Of `node` itself. */
  readonly flags?: readonly string[];
  /** Path of another `node`. */
  readonly node?: string;
}

/** Runs `quorumquake` in a folder under other circumstances, and waits for its end. */
export function quorumquakeUnder(
  { env, flags, node }: Surroundings, folder: string, ...args: readonly string[]
): Ended {
  const environment = { ...process.env, NO_COLOR: '', FORCE_COLOR: undefined, QUORUMQUAKE_DEBUG: undefined, ...env };
  const line = [...flags ?? [], join(dist, 'src/cli/main.js'), ...args];
  const { status, stdout, stderr } = spawnSync(node ?? process.execPath, line,
    { cwd: folder, encoding: 'utf8', env: environment, maxBuffer: 2 ** 28 });
  return { exitCode: status, out: stdout, err: stderr };
}

/** The files below a folder with their content, by path. */
export function filesBelow(folder: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  const visit = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).sort((a, b) => (a < b ? -1 : 1))) {
      const below = path === '' ? name : `${path}/${name}`;
      if (statSync(join(folder, below)).isDirectory()) visit(below);
      else files[below] = readFileSync(join(folder, below), 'utf8');
    }
  };
  visit('');
  return files;
}

/**
 * A folder as a user has it, who has installed quorumquake and writes a protocol: the example among our tests as
 * `early-ack.js`, and more files.
 */
export function folderOfUser(files: Readonly<Record<string, string>>): string {
  const library = pathToFileURL(join(dist, 'src/index.js')).href;
  return folderWith({
    'package.json': '{ "type": "module" }\n',
    'node_modules/quorumquake/package.json': '{ "type": "module", "exports": "./index.js" }\n',
    'node_modules/quorumquake/index.js': `export * from '${library}';\n`,
    'early-ack.js': readFileSync(join(import.meta.dirname, '../early-ack.js'), 'utf8'),
    ...files,
  });
}

/** A scenario of the example protocol; `more` is YAML that is put behind it. */
export function earlyAck(more: string, slip: string = 'none'): string {
  return `name: an acknowledged append survives
system: { protocol: early-ack, nodes: 3, options: { slip: ${slip} } }
workload: { kind: append }
duration: 2s
seeds: 5
check: [linearizable]
${more}`;
}

/**
 * A module that exports Raft as it is built, but that `twist`, code of a function body, changes each new `node`.
 * `before` stands outside of the protocol: what it declares outlives a run.
 */
export function twistedRaft(twist: string, before: string = ''): string {
  const raft = pathToFileURL(join(dist, 'src/protocols/raft/module.js')).href;
  return `import { raft } from '${raft}';
${before}
export default { ...raft, create: (init) => {
  const node = raft.create(init);
  ${twist}
  return node;
} };
`;
}
