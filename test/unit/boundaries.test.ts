import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const config = '.dependency-cruiser.cjs';
const require = createRequire(import.meta.url);

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}
interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: { readonly violations: readonly Violation[] };
}

/** The tool of `npm run boundaries`, its report as data. */
function cruise(directory: string): Cruise {
  const bin = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const parameters = [bin, '--config', config, '--output-type', 'json', 'src', 'checkers'];
  const json = execFileSync(process.execPath, parameters, { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 28 });
  return JSON.parse(json) as Cruise;
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`);

describe('the house', () => {
  let report: Cruise;
  beforeAll(() => { report = cruise(root); });

  it('is cruised whole', () => {
    const cruised = new Set(report.modules.map(({ source }) => source));
    const files = [...filesIn('src'), ...filesIn('checkers')];
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !cruised.has(file))).toEqual([]);
  });

  it('has no import that its table forbids', () => {
    expect(report.summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });
});

/** [rule, importing file, what it imports]: each import must be reported under that name. */
const planted: readonly (readonly [string, string, string])[] = [
  ['the-kernel-stands-alone', 'src/kernel/a.ts', "import '../contract/node.ts'"],
  ['the-contract-knows-only-the-kernel', 'src/contract/a.ts', "import type {} from '../world/network.ts'"],
  ['histories-know-only-ids-and-time', 'src/history/a.ts', "import '../kernel/rng.ts'"],
  ['services-know-only-the-contract', 'src/services/a.ts', "import '../world/network.ts'"],
  ['the-world-knows-no-protocol', 'src/world/a.ts', "import '../protocols/raft/messages.ts'"],
  ['clients-know-only-contract-and-history', 'src/clients/a.ts', "import '../world/network.ts'"],
  ['workloads-know-only-contract-and-history', 'src/workloads/a.ts', "import '../services/kv.ts'"],
  ['faults-drive-the-world-through-its-control', 'src/faults/a.ts', "import '../world/network.ts'"],
  ['checkers-read-histories-only', 'checkers/a.ts', "import '../src/services/kv.ts'"],
  ['scenarios-are-built-below-run', 'src/scenario/a.ts', "import '../run/run.ts'"],
  ['scenario-files-know-only-scenarios', 'src/scenario/file/a.ts', "import type {} from '../../run/run.ts'"],
  ['scenario-files-know-only-scenarios-and-types', 'src/scenario/file/b.ts', "import '../scenario.ts'"],
  ['run-knows-no-files-and-no-reports', 'src/run/a.ts', "import '../scenario/file/parse.ts'"],
  ['explore-knows-only-runs-and-scenarios', 'src/explore/a.ts', "import '../host/files.ts'"],
  ['reports-render-only', 'src/report/a.ts', "import type {} from '../world/network.ts'"],
  ['reports-render-only-and-types', 'src/report/b.ts', "import '../run/run.ts'"],
  ['the-host-runs-scenarios-only', 'src/host/a.ts', "import '../report/text.ts'"],
  ['the-host-runs-scenarios-only-and-types', 'src/host/b.ts', "import '../explore/sweep.ts'"],
  ['the-command-line-only-connects', 'src/cli/a.ts', "import '../world/network.ts'"],
  ['protocols-know-no-faults', 'src/protocols/raft/a.ts', "import '../../faults/schedule.ts'"],
  ['protocols-use-only-ids-and-assert-of-the-kernel', 'src/protocols/raft/b.ts', "import '../../kernel/rng.ts'"],
  ['protocols-do-not-know-each-other', 'src/protocols/raft/c.ts', "import '../paxos/messages.ts'"],
  ['only-redlock-reads-messages-of-redis', 'src/protocols/raft/d.ts', "import '../redis/messages.ts'"],
  ['only-zookeeper-is-built-on-zab', 'src/protocols/raft/e.ts', "import '../zab/zab.ts'"],
  ['only-one-file-imports-seedrandom', 'src/kernel/b.ts', "import 'seedrandom'"],
  ['host-access-at-the-edge-only', 'src/cli/b.ts', "import 'node:fs'"],
  ['index-imports-neither-cli-nor-host', 'src/index.ts', "export {} from './host/files.ts'"],
  ['every-file-has-a-layer', 'src/helpers/a.ts', "import '../kernel/ids.ts'"],
  ['no-circular', 'src/run/b.ts', "import './b2.ts'"],
  ['no-unresolvable', 'src/run/c.ts', "import './missing.ts'"],
];

/** Imports that the table allows and that a rule written too widely would report. */
const allowed: readonly (readonly [string, string])[] = [
  ['src/kernel/rng.ts', "import 'seedrandom'"],
  ['src/protocols/redlock/a.ts', "import '../redis/messages.ts'"],
  ['src/protocols/zookeeper/a.ts', "import '../zab/zab.ts'"],
  ['src/protocols/raft/ok.ts', "import '../../kernel/assert.ts'; import type {} from '../../contract/node.ts'"],
  ['src/faults/ok.ts', "import '../world/topology.ts'"],
  ['src/report/ok.ts', "import type {} from '../run/run.ts'; import type {} from '../../checkers/index.ts'"],
  ['src/scenario/file/ok.ts', "import type {} from '../scenario.ts'"],
  ['src/host/files.ts', "import 'node:fs'; import type {} from '../explore/sweep.ts'"],
  ['src/cli/ok.ts', "import '../explore/sweep.ts'; import '../scenario/file/parse.ts'"],
];

/** The files that the imports above name. */
const targets = [
  'src/kernel/ids.ts', 'src/kernel/assert.ts', 'src/contract/node.ts', 'src/world/network.ts', 'src/world/topology.ts',
  'src/services/kv.ts', 'src/faults/schedule.ts', 'src/run/run.ts', 'src/scenario/scenario.ts', 'src/report/text.ts',
  'src/scenario/file/parse.ts', 'src/explore/sweep.ts', 'checkers/index.ts', 'src/protocols/raft/messages.ts',
  'src/protocols/paxos/messages.ts', 'src/protocols/redis/messages.ts', 'src/protocols/zab/zab.ts',
];

describe('every rule of the table catches a planted import', () => {
  const directory = mkdtempSync(join(tmpdir(), 'quorumquake-boundaries-'));
  let reported: Set<string>;

  beforeAll(() => {
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    };
    for (const file of [config, 'tsconfig.json']) copyFileSync(join(root, file), join(directory, file));
    write('package.json', '{ "name": "planted", "type": "module", "dependencies": { "seedrandom": "*" } }');
    write('node_modules/seedrandom/package.json', '{ "name": "seedrandom", "main": "index.js" }');
    write('node_modules/seedrandom/index.js', '');
    for (const path of targets) write(path, 'export {};\n');
    for (const [path, text] of allowed) write(path, `${text};\n`);
    for (const [, path, text] of planted) write(path, `${text};\n`);
    write('src/run/b2.ts', "import './b.ts';\n");
    reported = new Set(cruise(directory).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`));
  });
  afterAll(() => { rmSync(directory, { recursive: true, force: true }); });

  it.each(planted)('%s', (rule, path) => {
    expect(reported).toContain(`${rule}: ${path}`);
  });

  it('and no rule is without a planted import', () => {
    const { forbidden } = require(join(root, config)) as { forbidden: readonly { readonly name: string }[] };
    expect(planted.map(([rule]) => rule).sort()).toEqual(forbidden.map(({ name }) => name).sort());
  });

  it('while imports that the table allows pass', () => {
    const paths = allowed.map(([path]) => path);
    expect([...reported].filter((line) => paths.some((path) => line.endsWith(`: ${path}`)))).toEqual([]);
  });
});
