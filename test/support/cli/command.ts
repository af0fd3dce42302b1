import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { staleness } from './build.ts';

const root = resolve(import.meta.dirname, '../../..');
const named = process.env['QUORUMQUAKE_DIST'];

/** What was built; `npm test` builds before it tests. Who names another build wants that one, however old it is. */
export const dist: string = resolve(root, named ?? 'dist');

const wrong = named === undefined ? staleness(root, dist) : null;
if (wrong !== null) throw new Error(wrong);

const main = join(dist, 'src/cli/main.js');

/** What a command came to. */
export interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

const environment = { ...process.env, NO_COLOR: '', FORCE_COLOR: undefined, QUORUMQUAKE_DEBUG: undefined };

/** Runs `quorumquake` in a folder and waits for its end. */
export function quorumquake(folder: string, ...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args],
    { cwd: folder, encoding: 'utf8', env: environment, maxBuffer: 2 ** 28 });
  return { exitCode: status, out: stdout, err: stderr };
}

/** Starts `quorumquake` in a folder. */
export function startQuorumquake(folder: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { cwd: folder, env: environment, stdio: 'pipe' });
}

/** Runs a line of shell in a folder, in which `npx quorumquake` is the built one. */
export function shell(folder: string, line: string): Ended {
  const command = line.replaceAll('npx quorumquake', `'${process.execPath}' '${main}'`);
  const options = { cwd: folder, encoding: 'utf8', env: environment } as const;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], options);
  return { exitCode: status, out: stdout, err: stderr };
}

/** Nothing happens to it. */
export const quiet = `name: three nodes serve appends
system: { protocol: raft, nodes: 3 }
workload: { kind: append }
duration: 1s
seeds: { count: 3 }
check: [linearizable]
`;

/** Enough happens to find a coarse defect with every seed. */
export const stormy = `name: crashes and partitions lose nothing
system: { protocol: raft, nodes: 3 }
workload: { kind: append }
duration: 6s
seeds: { count: 3 }
faults:
  - random: { kinds: [crash, partition], every: 200..600ms, until: 5s }
check: [linearizable]
`;

/** A fresh folder with these files, by path. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorumquake-cli-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
