import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Package {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}
type Packages = Readonly<Record<string, Package>>;
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const licences = /^(MIT|ISC|BSD-2-Clause|BSD-3-Clause|Apache-2\.0)$/;
const productionCountMax = 15;

/** What is wrong with the packages that an installation brings, one sentence each. */
function breaches(packages: Packages, manifest: Manifest): string[] {
  const found: string[] = [];
  const installed = Object.entries(packages).filter(([path]) => path !== ''); // '' is this package itself.
  const production = installed.filter(([, { dev }]) => dev !== true);
  if (production.length > productionCountMax) found.push(`${production.length} production packages`);
  for (const [path, { license, hasInstallScript }] of production) {
    if (hasInstallScript === true) found.push(`${path} runs a script when it is installed`);
    if (!licences.test(license ?? '')) found.push(`${path} has the licence ${license}`);
  }
  for (const [path, { integrity }] of installed) {
    if (integrity?.startsWith('sha512-') !== true) found.push(`${path} has no integrity`);
  }
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    if (!/^\d+\.\d+\.\d+$/.test(version)) found.push(`${name} is not pinned: ${version}`);
  }
  return found;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, '../..', name), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Packages };
const manifest = read('package.json') as Manifest;

describe('the supply chain', () => {
  it('is short, free, pinned, and runs nothing when it is installed', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(1);
    expect(breaches(packages, manifest)).toEqual([]);
  });

  it('has the lockfile that belongs to the manifest', () => {
    const { dependencies, devDependencies } = manifest;
    expect(packages['']).toMatchObject({ dependencies, devDependencies });
  });
});

describe('every breach is seen', () => {
  const good: Package = { license: 'MIT', integrity: 'sha512-x' };
  const none: Manifest = { dependencies: {}, devDependencies: {} };
  const many = Object.fromEntries(Array.from({ length: productionCountMax + 1 }, (_, index) => [`p${index}`, good]));

  it.each<[string, Packages, Manifest]>([
    ['16 production packages', many, none],
    ['a runs a script when it is installed', { a: { ...good, hasInstallScript: true } }, none],
    ['a has the licence GPL-3.0', { a: { ...good, license: 'GPL-3.0' } }, none],
    ['a has no integrity', { a: { license: 'MIT', dev: true } }, none],
    ['a is not pinned: ^1.0.0', {}, { ...none, dependencies: { a: '^1.0.0' } }],
    ['a is not pinned: latest', {}, { ...none, devDependencies: { a: 'latest' } }],
  ])('%s', (sentence, planted, manifestOfCase) => {
    expect(breaches(planted, manifestOfCase)).toEqual([sentence]);
  });
});
