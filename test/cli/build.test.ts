import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { staleness } from '../support/cli/build.ts';

/** Sources, each changed at the second that is named, and what was made of them at second 100. */
function built(changedAt: Readonly<Record<string, number>>, isBuilt = true): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorumquake-build-'));
  const write = (path: string, second: number): void => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), '');
    utimesSync(join(folder, path), second, second);
  };
  for (const each of ['src', 'checkers']) mkdirSync(join(folder, each));
  for (const [path, second] of Object.entries(changedAt)) {
    write(path, second);
    if (isBuilt) write(`dist/${path.replace('.ts', '.js')}`, 100);
  }
  return folder;
}

const wrongWith = (folder: string): string | null => staleness(folder, join(folder, 'dist'));

describe('what was built', () => {
  it('is told from what stands there now, by one line', () => {
    expect(wrongWith(built({ 'src/world/disk.ts': 101, 'src/index.ts': 99 })))
      .toBe('dist is older than src/world/disk.ts: npm run build');
    expect(wrongWith(built({ 'checkers/index.ts': 100.5 })))
      .toBe('dist is older than checkers/index.ts: npm run build');
  });

  it('is as good where no source is newer, and where what is newer is not compiled', () => {
    expect(wrongWith(built({ 'src/world/disk.ts': 100, 'checkers/index.ts': 99 }))).toBeNull();
    expect(wrongWith(built({ 'src/README.md': 200, 'src/host/node.d.ts': 200 }))).toBeNull();
  });

  it('is not there for a source that is new, or for any before the first build', () => {
    expect(wrongWith(built({ 'src/new.ts': 1 }, false))).toBe('dist is older than src/new.ts: npm run build');
  });
});
