import { readdirSync, readFileSync } from 'node:fs';
import { basename, posix, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogueWith } from '../../../../src/scenario/catalogue.ts';
import { parseScenario, parseScenarios } from '../../../../src/scenario/file/parse.ts';
import { scenarioFile } from '../../../../src/scenario/file/schema.ts';
import { catalogue } from '../../../support/scenarios/catalogue.ts';
import { parsed } from '../../../support/scenarios/parsed.ts';

const head = 'name: a\nsystem: { protocol: raft }\n';
const faultOf = (line: string): unknown => parsed(`${head}faults:\n  - ${line}\n`).faults[0];
const actionOf = (action: string): unknown => parsed(`${head}faults:\n  - at: 1s\n    ${action}\n`).faults[0]?.action;

describe('a scenario file', () => {
  it('of a name and a protocol is complete: five nodes on a quiet local network', () => {
    expect(parsed(head)).toEqual({
      name: 'a',
      why: '',
      system: {
        protocol: 'raft', nodes: 5, options: { heartbeat: 50_000, batch: 64, preVote: true, reads: 'index' },
      },
      clients: {
        count: 3, timeoutUs: 1_000_000, attemptTimeoutUs: 300_000, sessionTimeoutUs: 60_000_000, inFlight: 1,
        readFrom: 'leader',
      },
      workload: {
        kind: 'append', keys: 3, readPerMillion: 500_000, persistentWatchPerMillion: null,
        thinkUs: { min: 5_000, max: 50_000 }, script: [],
      },
      network: {
        latencyUsMin: 1_000, latencyUsMax: 3_000, lossPerMillion: 0, duplicatePerMillion: 0,
        slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
      },
      disk: { syncUs: { min: 2_000, max: 2_000 } },
      clocks: { driftPerMillion: 0, offsetUs: 0 },
      initial: null,
      locking: null,
      durationUs: 10_000_000,
      limits: { events: 5_000_000, sameInstantEvents: 100_000 },
      profile: 'none',
      within: null,
      defect: null,
      faults: [],
      checks: [
        { checker: 'linearizable', name: 'linearizable' }, { checker: 'progress', name: 'progress', window: null },
      ],
      expect: {},
      seeds: { first: 1, count: 20 },
    });
  });

  it('tells a script in the order of its time, each operation in its short or its long form', () => {
    const { script } = parsed(`${head}workload:
  kind: kv
  script:
    - { at: 2s, client: c3, to: n5, cas: { key: x, value: [null, a] } }
    - { at: 1s, client: c1, read: x }
    - { at: 1s, client: c1, delete: { key: x } }
    - { at: 0, client: c2, write: { key: y, value: 1.5 } }
`).workload;
    expect(script).toEqual([
      { atUs: 0, client: 'c2', to: null, operation: { f: 'write', key: 'y', value: 1.5 } },
      { atUs: 1_000_000, client: 'c1', to: null, operation: { f: 'read', key: 'x', value: null } },
      { atUs: 1_000_000, client: 'c1', to: null, operation: { f: 'delete', key: 'x', value: null } },
      { atUs: 2_000_000, client: 'c3', to: 'n5', operation: { f: 'cas', key: 'x', value: [null, 'a'] } },
    ]);
  });

  it('says everything that a scenario has', () => {
    const scenario = parsed(`name: b
why: because
system: { protocol: raft, nodes: 3, options: { heartbeat: 20ms, batch: 1, preVote: false, reads: lease } }
clients: { count: 7, timeout: 500ms, attemptTimeout: 100ms, sessionTimeout: 5s, inFlight: 2, readFrom: any }
workload: { kind: register, keys: 2, reads: 0.25, think: 0..1ms }
network: { latency: 5ms, loss: 1.5%, duplicate: 200ppm, slow: { rate: 2%, delay: 20..200ms } }
disk: { sync: 1ms..40ms }
clocks: { drift: 500ppm, offset: 2s }
duration: 1m
limits: { events: 1000, sameInstant: 10 }
profile: swarm
within: contract
defect: RF-01
check: [{ progress: { name: stall, from: 1.5s, clients: [c7] } }, { linearizable: { name: order } }]
expect: { stall: invalid, R1: unknown }
seeds: { first: 0, count: 5 }
`);
    expect(scenario.system).toEqual({
      protocol: 'raft', nodes: 3, options: { heartbeat: 20_000, batch: 1, preVote: false, reads: 'lease' },
    });
    expect(scenario.clients).toEqual({
      count: 7, timeoutUs: 500_000, attemptTimeoutUs: 100_000, sessionTimeoutUs: 5_000_000, inFlight: 2,
      readFrom: 'any',
    });
    expect(scenario.workload).toEqual({
      kind: 'register', keys: 2, readPerMillion: 250_000, persistentWatchPerMillion: null,
      thinkUs: { min: 0, max: 1_000 }, script: [],
    });
    expect(scenario.network).toEqual({
      latencyUsMin: 5_000, latencyUsMax: 5_000, lossPerMillion: 15_000, duplicatePerMillion: 200,
      slowPerMillion: 20_000, slowUsMin: 20_000, slowUsMax: 200_000,
    });
    expect(scenario.disk.syncUs).toEqual({ min: 1_000, max: 40_000 });
    expect(scenario.clocks).toEqual({ driftPerMillion: 500, offsetUs: 2_000_000 });
    expect(scenario.durationUs).toBe(60_000_000);
    expect(scenario.limits).toEqual({ events: 1_000, sameInstantEvents: 10 });
    expect([scenario.profile, scenario.defect, scenario.why]).toEqual(['swarm', 'raft/vote-not-durable', 'because']);
    expect(scenario.within).toBe('contract');
    expect(scenario.checks).toEqual([
      { checker: 'progress', name: 'stall', window: { fromUs: 1_500_000, toUs: 60_000_000, clients: ['c7'] } },
      { checker: 'linearizable', name: 'order' },
    ]);
    expect(scenario.expect).toEqual({ stall: 'invalid', R1: 'unknown' });
    expect(scenario.seeds).toEqual({ first: 0, count: 5 });
  });

  it('may judge locks, of a lock service', () => {
    const lock = 'name: a\nsystem: { protocol: raft-lock }\n';
    expect(parsed(lock).checks.map(({ checker }) => checker))
      .toEqual(['mutual-exclusion', 'fencing', 'lock-ownership', 'progress']);
    expect(parsed(`${lock}check: [fencing, { lock-ownership: { name: owned } }, { mutual-exclusion: {} }]`).checks)
      .toEqual([
        { checker: 'fencing', name: 'fencing' }, { checker: 'lock-ownership', name: 'owned' },
        { checker: 'mutual-exclusion', name: 'mutual-exclusion' },
      ]);
  });

  it('may judge a tree of znodes, by what ZooKeeper guarantees', () => {
    const text = 'name: a\nsystem: { protocol: zookeeper }\n';
    const own = (more: string): ReturnType<typeof parseScenario> =>
      parseScenario(`${text}${more}`, { fileName: 'a.yaml', catalogue: catalogueWith() });
    const checksOf = (more: string): readonly unknown[] => {
      const result = own(more);
      return result.ok ? result.scenario.checks : result.problems.map(({ message }) => message);
    };
    expect(checksOf('')).toMatchObject(['linearizable-writes', 'session-order', 'watches', 'sessions', 'progress']
      .map((checker) => ({ checker, name: checker })));
    expect(checksOf('check: [fresh-sync, { watches: { name: told } }]')).toEqual(
      [{ checker: 'fresh-sync', name: 'fresh-sync' }, { checker: 'watches', name: 'told' }]);
    expect(checksOf('check: [linearizable]')).toEqual(['a tree that is read locally is not linearizable']);
    expect(checksOf('check: [client-order]')).toEqual(['`client-order` judges commands in sessions of a log']);
    expect(checksOf('workload: { kind: register }\ncheck: [watches]')).toEqual(['`watches` judges a tree of znodes']);
    expect(checksOf('workload: { kind: register }')).toMatchObject([{ checker: 'linearizable' }, { name: 'progress' }]);
  });

  it('may repeat itself through an alias', () => {
    const lines = '  - { at: 1s, pause: &p { target: n1, for: 1s } }\n  - { at: 3s, pause: *p }\n';
    const scenario = parsed(`${head}faults:\n${lines}`);
    expect(scenario.faults[1]?.action).toEqual(scenario.faults[0]?.action);
  });

  it('keeps a text that looks like something else', () => {
    expect(parsed('name: yes\nsystem: { protocol: raft }\n').name).toBe('yes');
    expect(parsed('name: 12:30\nsystem: { protocol: raft }\n').name).toBe('12:30');
  });

  it('may name a protocol of the user', () => {
    const own = { options: {}, events: ['elected'], invariants: { declared: [] } };
    const protocols = new Map([...catalogue.protocols, ['my-raft', own]]);
    const text = 'name: a\nsystem: { protocol: my-raft }\nfaults: [{ when: elected, crash: leader }]\n';
    expect(parseScenario(text, { fileName: 'a', catalogue: { ...catalogue, protocols } }).ok).toBe(true);
    expect(parseScenario(text, { fileName: 'a', catalogue }).ok).toBe(false);
  });

  it('has a JSON Schema of draft 7', () => {
    const schema = z.toJSONSchema(scenarioFile, { target: 'draft-7', io: 'input' });
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    expect(schema.required).toEqual(['name']);
    expect(schema.additionalProperties).toBe(false);
  });
});

describe('a fault', () => {
  it.each([
    ['crash: leader', { kind: 'crash', target: 'leader', flavour: 'machine', forUs: null }],
    ['crash: { target: [n1, c1], flavour: process, for: 2s }',
      { kind: 'crash', target: ['n1', 'c1'], flavour: 'process', forUs: 2_000_000 }],
    ['restart: all', { kind: 'restart', target: 'all' }],
    ['pause: { target: c1, for: 1s }', { kind: 'pause', target: 'c1', forUs: 1_000_000 }],
    ['pause: { target: c1, for: 5s, clock: stopped }',
      { kind: 'pause', target: 'c1', clock: 'stopped', forUs: 5_000_000 }],
    ['resume: [n1, n2]', { kind: 'resume', target: ['n1', 'n2'] }],
    ['partition: halves', { kind: 'partition', shape: { kind: 'halves' }, inFlight: 'lost', forUs: null }],
    ['partition: { isolate: leader, inFlight: delivered }',
      { kind: 'partition', shape: { kind: 'isolate', target: 'leader' }, inFlight: 'delivered', forUs: null }],
    ['partition: { groups: [[n1, n2, c1], [n3, n4, n5]], for: 5s }',
      {
        kind: 'partition', shape: { kind: 'groups', groups: [['n1', 'n2', 'c1'], ['n3', 'n4', 'n5']] },
        inFlight: 'lost', forUs: 5_000_000,
      }],
    ['cut: leader > all', { kind: 'cut', from: 'leader', to: 'all', inFlight: 'lost', forUs: null }],
    ['cut: { from: [n1], to: n2, for: 1s }',
      { kind: 'cut', from: ['n1'], to: 'n2', inFlight: 'lost', forUs: 1_000_000 }],
    ['hold: n1>n2', { kind: 'hold', from: 'n1', to: 'n2', message: null, forUs: null }],
    ['hold: { from: any, to: all, message: RequestVote }',
      { kind: 'hold', from: 'any', to: 'all', message: 'RequestVote', forUs: null }],
    ['link: { from: n1, to: n2, loss: 5% }',
      {
        kind: 'link', from: 'n1', to: 'n2', forUs: null,
        profile: {
          latencyUsMin: 1_000, latencyUsMax: 3_000, lossPerMillion: 50_000, duplicatePerMillion: 0,
          slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
        },
      }],
    ['clock-jump: { target: n1, by: -500ms }',
      { kind: 'clock-jump', target: 'n1', byUs: { min: -500_000, max: -500_000 } }],
    ['clock-drift: { target: n1, rate: -1%..200ppm, for: 1s }',
      { kind: 'clock-drift', target: 'n1', perMillion: { min: -10_000, max: 200 }, forUs: 1_000_000 }],
    ['heal:', { kind: 'heal' }],
    ['heal: all', { kind: 'heal' }],
  ])('%s', (text, action) => {
    expect(actionOf(text)).toEqual(action);
  });

  it('strikes disks', () => {
    expect(faultOf('{ at: 1s, disk-slow: { target: leader, sync: 500ms, for: 2s } }')).toMatchObject({
      action: { kind: 'disk-slow', target: 'leader', syncUs: { min: 500_000, max: 500_000 }, forUs: 2_000_000 },
    });
    expect(faultOf('{ at: 1s, disk-slow: n1 }')).toMatchObject({
      action: { kind: 'disk-slow', target: 'n1', syncUs: { min: 100_000, max: 500_000 }, forUs: null },
    });
    expect(faultOf('{ at: 1s, bit-flip: n1 }')).toMatchObject({
      action: { kind: 'bit-flip', target: 'n1', file: null, index: null },
    });
    expect(faultOf('{ at: 1s, bit-flip: { target: n1, file: log, index: 3 } }')).toMatchObject({
      action: { file: 'log', index: 3 },
    });
    expect(faultOf('{ at: 1s, sync-error: leader }')).toMatchObject({
      action: { target: 'leader', count: 1, forUs: null },
    });
    for (const kind of ['wipe-disk', 'torn-write', 'disk-full', 'lying-sync']) {
      expect(faultOf(`{ at: 1s, ${kind}: { target: n1, for: 1s } }`)).toMatchObject({
        action: { kind, target: 'n1', forUs: 1_000_000 },
      });
    }
    expect(faultOf('{ random: { every: 1s, kinds: [disk-slow] } }')).toMatchObject({
      action: { choices: [{ action: { kind: 'disk-slow', target: 'any' }, forUs: { min: 500_000, max: 3_000_000 } }] },
    });
  });

  it('gives an order, to the leader if nobody else is named', () => {
    expect(faultOf('{ at: 1s, order: snapshot }')).toMatchObject({
      action: { kind: 'order', order: 'snapshot', target: 'leader', nodes: null },
    });
    expect(faultOf('{ at: 1s, order: { name: transfer, to: n1, node: follower } }')).toMatchObject({
      action: { kind: 'order', order: 'transfer', target: 'n1', nodes: 'follower' },
    });
    expect(faultOf('{ at: 1s, order: { name: reconfigure, nodes: [n1, n3] } }')).toMatchObject({
      action: { kind: 'order', order: 'reconfigure', target: 'leader', nodes: ['n1', 'n3'] },
    });
  });

  it('sets options in the units of their table', () => {
    expect(faultOf('{ at: 1s, set: { heartbeat: 5ms, preVote: false, for: 2s } }')).toMatchObject({
      action: { kind: 'set', options: { heartbeat: 5_000, preVote: false }, forUs: 2_000_000 },
    });
    expect(faultOf('{ random: { every: 1s }, set: { batch: 1, for: 1s..2s } }')).toMatchObject({
      action: {
        choices: [{ action: { kind: 'set', options: { batch: 1 } }, forUs: { min: 1_000_000, max: 2_000_000 } }],
      },
    });
  });

  it('waits for an event', () => {
    expect(faultOf('{ when: became-leader, heal: , allowVacuous: true }')).toEqual({
      trigger: { kind: 'when', event: 'became-leader', by: null, nth: 1, afterUs: 0, untilUs: null },
      action: { kind: 'heal' },
      allowVacuous: true,
    });
    const line = '{ when: { event: became-leader, by: n2, nth: 3, after: 5ms, until: 2s }, crash: it }';
    expect(faultOf(line)).toMatchObject({
      trigger: { kind: 'when', event: 'became-leader', by: 'n2', nth: 3, afterUs: 5_000, untilUs: 2_000_000 },
      action: { kind: 'crash', target: 'it' },
    });
  });

  it('comes at random, and by default leaves a quarter of the run to recover in', () => {
    expect(faultOf('{ random: { every: 2..5s }, crash: { target: any, for: 1s..2s } }')).toEqual({
      trigger: { kind: 'random', everyUs: { min: 2_000_000, max: 5_000_000 }, fromUs: 0, untilUs: 7_500_000 },
      action: {
        kind: 'one-of',
        choices: [{
          weight: 1, forUs: { min: 1_000_000, max: 2_000_000 },
          action: { kind: 'crash', target: 'any', flavour: 'machine', forUs: null },
        }],
      },
      allowVacuous: false,
    });
  });

  it('is one of several kinds, by weight', () => {
    const kinds = 'crash, pause, partition, cut, hold, clock-jump, clock-drift, { pause: n1, weight: 3 }';
    expect(faultOf(`{ random: { every: 1s, from: 1s, until: 9s, kinds: [${kinds}] } }`)).toMatchObject({
      trigger: { fromUs: 1_000_000, untilUs: 9_000_000 },
      action: {
        choices: [
          { weight: 1, action: { kind: 'crash', target: 'any' }, forUs: { min: 500_000, max: 3_000_000 } },
          { weight: 1, action: { kind: 'pause' }, forUs: { min: 200_000, max: 2_000_000 } },
          { weight: 1, action: { kind: 'partition' } },
          { weight: 1, action: { kind: 'cut', from: 'any', to: 'all' } },
          { weight: 1, action: { kind: 'hold', from: 'any', to: 'all' } },
          { weight: 1, action: { kind: 'clock-jump' }, forUs: null },
          { weight: 1, action: { kind: 'clock-drift' } },
          { weight: 3, action: { kind: 'pause', target: 'n1' }, forUs: null },
        ],
      },
    });
  });
});

describe('a metric check', () => {
  const checkOf = (line: string, more: string = ''): unknown =>
    parsed(`${head}${more}check: [{ metric: ${line} }]\n`).checks[0];

  it('is a number of the whole run, or of a window', () => {
    expect(checkOf('{ name: terms, max: 3 }')).toEqual({
      checker: 'metric', name: 'terms', metric: { kind: 'terms' }, min: null, max: 3,
    });
    expect(checkOf('{ name: unavailable, from: 1s, max: 1.5s, as: gap }')).toEqual({
      checker: 'metric', name: 'gap', metric: { kind: 'unavailable', fromUs: 1_000_000, toUs: null },
      min: null, max: 1_500_000,
    });
    expect(checkOf('{ name: elections, to: 5s, min: 1, max: 1 }')).toEqual({
      checker: 'metric', name: 'elections', min: 1, max: 1,
      metric: { kind: 'count', event: 'became-leader', fromUs: 0, toUs: 5_000_000 },
    });
  });

  it('or the time from an instant, or a fault, to an event', () => {
    expect(checkOf('{ name: leaderAfter, max: 600ms }')).toMatchObject({
      metric: { kind: 'delay', event: 'became-leader', after: { kind: 'instant', atUs: 0 } }, max: 600_000,
    });
    expect(checkOf('{ name: leaderAfter, after: 1s, max: 600ms }')).toMatchObject({
      metric: { after: { kind: 'instant', atUs: 1_000_000 } },
    });
    const crash = 'faults: [{ at: 1s, crash: n1 }]\n';
    expect(checkOf('{ name: leaderAfter, afterFault: 1, max: 600ms }', crash)).toMatchObject({
      metric: { after: { kind: 'line', line: 0 } },
    });
  });
});

describe('the scenarios that are shipped', () => {
  const root = resolve(import.meta.dirname, '../../../..');
  const files = readdirSync(resolve(root, 'scenarios'), { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/')).filter((file) => file.endsWith('.yaml')).sort();
  const table = readFileSync(resolve(root, 'scenarios/README.md'), 'utf8');

  it('exist', () => { expect(files.length).toBeGreaterThan(10); });

  it.each(files)('%s can be read, says why, and stands in the table', (file) => {
    const text = readFileSync(resolve(root, 'scenarios', file), 'utf8');
    const result = parseScenarios(text, { fileName: posix.join('scenarios', file), catalogue: catalogueWith() });
    expect(result).toMatchObject({ ok: true });
    if (!result.ok) return;
    expect(result.scenarios[0]?.scenario.why).toMatch(/./);
    expect(basename(file, '.yaml')).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    if (!file.startsWith('regressions/')) expect(table).toContain(`](${file})`);
  });

  it('and no line of the table names a file that is gone', () => {
    const linked = [...table.matchAll(/\]\(([^)]+\.yaml)\)/g)].map(([, file]) => file);
    expect(linked.filter((file) => file === undefined || !files.includes(file))).toEqual([]);
  });
});
