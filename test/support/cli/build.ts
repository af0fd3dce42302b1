import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What is compiled, below the root. */
const COMPILED = ['src', 'checkers'];

/**
 * What is wrong with a build, in one line; `null`: nothing. A source is newer than what was made of it, or nothing was:
 * what runs is not what stands there, and each test of it would say so in words of its own.
 */
export function staleness(root: string, dist: string): string | null {
  for (const folder of COMPILED) {
    for (const path of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts') || path.endsWith('.d.ts')) continue;
      const built = statSync(join(dist, folder, path.replace(/\.ts$/, '.js')), { throwIfNoEntry: false });
      if (built !== undefined && built.mtimeMs >= statSync(join(root, folder, path)).mtimeMs) continue;
      return `dist is older than ${folder}/${path.replaceAll('\\', '/')}: npm run build`;
    }
  }
  return null;
}
