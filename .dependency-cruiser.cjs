'use strict';

// Who may import whom: the table of src/README.md, one entry a layer. What an entry does not list is forbidden,
// npm packages and Node built-ins included. `types` may be imported, but only with `import type`.
const npm = (name) => `^node_modules/${name}/`;
const protocol = '^src/protocols/[^/]+/';
const scenarioItself = '^src/scenario/[^/]+$';
const idsAndTime = '^src/kernel/(ids|time)\\.ts$';
const idsAndAssert = '^src/kernel/(ids|time|assert)\\.ts$';
const world = ['kernel', 'contract', 'history', 'protocols', 'services', 'world', 'clients', 'workloads', 'faults'];
const belowRun = [...world.map((name) => `^src/${name}/`), '^checkers/', scenarioItself];

const layers = [
  { rule: 'the-kernel-stands-alone', layer: '^src/kernel/', may: [npm('seedrandom')] },
  { rule: 'the-contract-knows-only-the-kernel', layer: '^src/contract/', may: ['^src/kernel/'] },
  { rule: 'histories-know-only-ids-and-time', layer: '^src/history/', may: [idsAndTime] },
  { rule: 'services-know-only-the-contract', layer: '^src/services/', may: ['^src/contract/', idsAndAssert] },
  { rule: 'the-world-knows-no-protocol', layer: '^src/world/', may: ['^src/kernel/', '^src/contract/'] },
  {
    rule: 'clients-know-only-contract-and-history',
    layer: '^src/clients/',
    may: ['^src/kernel/', '^src/contract/', '^src/history/'],
  },
  {
    rule: 'workloads-know-only-contract-and-history',
    layer: '^src/workloads/',
    may: ['^src/kernel/', '^src/contract/', '^src/history/'],
  },
  {
    rule: 'faults-drive-the-world-through-its-control',
    layer: '^src/faults/',
    may: ['^src/kernel/', '^src/contract/', '^src/world/topology(\\.ts$|/)'],
  },
  { rule: 'checkers-read-histories-only', layer: '^checkers/', may: ['^src/history/'] },
  { rule: 'scenarios-are-built-below-run', layer: scenarioItself, may: belowRun },
  {
    rule: 'scenario-files-know-only-scenarios',
    layer: '^src/scenario/file/',
    may: [npm('yaml'), npm('zod')],
    types: [scenarioItself],
  },
  { rule: 'run-knows-no-files-and-no-reports', layer: '^src/run/', may: belowRun },
  { rule: 'explore-knows-only-runs-and-scenarios', layer: '^src/explore/', may: ['^src/run/', scenarioItself] },
  {
    rule: 'reports-render-only',
    layer: '^src/report/',
    may: [npm('chalk'), npm('cli-table3')],
    types: ['^src/run/', '^src/explore/', '^checkers/'],
  },
  {
    rule: 'the-host-runs-scenarios-only',
    layer: '^src/host/',
    may: ['^src/scenario/', '^src/run/'],
    types: ['^src/explore/'],
    builtins: true,
  },
  {
    rule: 'the-command-line-only-connects',
    layer: '^src/cli/',
    may: ['^src/(explore|run|report|host|scenario/file)/', npm('commander'), npm('chalk')],
  },
];

/** One rule a layer: everything outside the list is a violation; a second one where the list holds types. */
function rulesOf({ rule, layer, may, types = [], builtins = false }) {
  const to = { pathNot: [layer, ...may, ...types], ...(builtins ? { dependencyTypesNot: ['core'] } : {}) };
  const rules = [{ name: rule, severity: 'error', from: { path: layer }, to }];
  if (types.length > 0) {
    const asValue = { path: types, dependencyTypesNot: ['type-only'] };
    rules.push({ name: `${rule}-and-types`, severity: 'error', from: { path: layer }, to: asValue });
  }
  return rules;
}

const sentences = [
  {
    name: 'protocols-know-no-faults',
    comment: 'A protocol never knows that it is being tested.',
    from: { path: protocol },
    to: { pathNot: ['^src/(contract|kernel|protocols)/'] },
  },
  {
    name: 'protocols-use-only-ids-and-assert-of-the-kernel',
    from: { path: protocol },
    to: { path: '^src/kernel/', pathNot: [idsAndAssert] },
  },
  {
    name: 'protocols-do-not-know-each-other',
    from: { path: '^src/protocols/([^/]+)/' },
    to: { path: protocol, pathNot: ['^src/protocols/$1/', '^src/protocols/redis/messages\\.ts$', '^src/protocols/zab/'] },
  },
  {
    name: 'only-redlock-reads-messages-of-redis',
    from: { path: protocol, pathNot: ['^src/protocols/(redlock|redis)/'] },
    to: { path: '^src/protocols/redis/messages\\.ts$' },
  },
  {
    name: 'only-zookeeper-is-built-on-zab',
    from: { path: protocol, pathNot: ['^src/protocols/(zookeeper|zab)/'] },
    to: { path: '^src/protocols/zab/' },
  },
  {
    name: 'only-one-file-imports-seedrandom',
    from: { pathNot: ['^src/kernel/rng\\.ts$'] },
    to: { path: [npm('seedrandom')] },
  },
  {
    name: 'host-access-at-the-edge-only',
    comment: 'Files, workers and the real clock are reached through src/host alone.',
    from: { pathNot: ['^src/host/'] },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'index-imports-neither-cli-nor-host',
    from: { path: '^src/index\\.ts$' },
    to: { pathNot: ['^src/(?!cli/|host/)', '^checkers/'] },
  },
  {
    name: 'every-file-has-a-layer',
    from: { path: '^(src|checkers)/', pathNot: ['^src/index\\.ts$', protocol, ...layers.map(({ layer }) => layer)] },
    to: {},
  },
  { name: 'no-circular', from: {}, to: { circular: true } },
  { name: 'no-unresolvable', from: {}, to: { couldNotResolve: true } },
];

module.exports = {
  forbidden: [...layers.flatMap(rulesOf), ...sentences.map((rule) => ({ severity: 'error', ...rule }))],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true, // Counts `import type` too: knowing a type is knowing.
  },
};
