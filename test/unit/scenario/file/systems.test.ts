import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planFaults } from '../../../../src/faults/plan.ts';
import { Streams } from '../../../../src/kernel/streams.ts';
import { catalogueWith } from '../../../../src/scenario/catalogue.ts';
import { parseScenario, parseScenarios, type SystemScenario } from '../../../../src/scenario/file/parse.ts';
import { scenarioHash12 } from '../../../../src/scenario/hash.ts';
import type { Scenario } from '../../../../src/scenario/scenario.ts';

const catalogue = catalogueWith();
const root = resolve(import.meta.dirname, '../../../..');

function parsed(text: string): readonly SystemScenario[] {
  const result = parseScenarios(text, { fileName: 'a.yaml', catalogue });
  if (!result.ok) throw new Error(result.problems.map(({ line, message }) => `${line}: ${message}`).join('; '));
  return result.scenarios;
}

/** `line:column message`, and the hint in brackets. */
function told(text: string): string[] {
  const result = parseScenarios(text, { fileName: 'a.yaml', catalogue });
  const problems = result.ok ? [] : result.problems;
  return problems.map(({ line, column, message, hint }) =>
    `${line}:${column} ${message}${hint === undefined ? '' : ` [${hint}]`}`);
}

const head = 'name: a\nsystems: [raft, { protocol: redis, nodes: 6, options: { sentinels: 3 } }]\n'
  + 'workload: { kind: register }\n';
const faults = `faults:
  - { random: { every: 200..900ms, kinds: [crash, pause] } }
  - { at: 2s, order: { name: transfer, node: follower }, where: raft }
  - { random: { every: 100..300ms }, pause: { target: any, for: 50..200ms } }
  - { at: 3s, order: { name: promote, to: n2 }, where: [redis] }
`;

describe('a file of several systems', () => {
  it('is one scenario for each, in which all but the system is the same', () => {
    const [raft, redis, ...others] = parsed(head).map(({ scenario }) => scenario) as [Scenario, Scenario];
    expect(others).toEqual([]);
    expect(redis.system).toMatchObject({ protocol: 'redis', nodes: 6, options: { sentinels: 3 } });
    expect({ ...redis, system: raft.system }).toEqual(raft);
  });

  it('gives each the hash that a file with that system alone has', () => {
    const one = parseScenario('name: b\nsystem: { protocol: raft }\nworkload: { kind: register }\n',
      { fileName: 'b.yaml', catalogue });
    expect(parsed(head)[0]?.scenario).toMatchObject({ name: 'a' });
    expect(one.ok && scenarioHash12(one.scenario)).toBe(scenarioHash12(parsed(head)[0]?.scenario as Scenario));
  });

  it('says what is for others alone', () => {
    const check = 'check: [linearizable, { metric: { name: discardedWrites, max: 0 }, where: redis }]\n';
    expect(parsed(head + faults + check).map(({ part }) => part)).toEqual([
      { system: 'raft', leftOut: ['fault 4 (order)', 'check discardedWrites'] },
      { system: 'redis', leftOut: ['fault 2 (order)'] },
    ]);
  });

  it('has the same faults at the same times for all', () => {
    const plans = parsed(head + faults).map(({ scenario }) => {
      const streams = new Streams('7');
      const plan = planFaults(scenario.faults, (label) => streams.get(label));
      const random = plan.filter(({ isRandom }) => isRandom);
      return random.map(({ index: _index, line, ...fault }) =>
        ({ ...fault, place: scenario.faults[line]?.place ?? line }));
    });
    expect(plans[0]?.length).toBeGreaterThan(20);
    expect(plans[1]).toEqual(plans[0]);
  });

  it('expects of each what it says of it, on top of what it says of all', () => {
    const text = 'name: a\nsystems: [raft, { protocol: redis, expect: { linearizable: invalid } }]\n'
      + 'workload: { kind: register }\nexpect: { assertion: valid, linearizable: valid }\n';
    expect(parsed(text).map(({ scenario }) => scenario.expect)).toEqual([
      { assertion: 'valid', linearizable: 'valid' }, { assertion: 'valid', linearizable: 'invalid' },
    ]);
  });

  it('counts from a fault by its place in the file', () => {
    const check = 'check: [{ metric: { name: leaderAfter, afterFault: 3, max: 2s }, where: raft }]\n';
    const first = '  - { at: 1s, pause: n1, where: redis }\n';
    const [raft] = parsed(`${head}faults:\n${first}  - { at: 1s, pause: n2 }\n  - { at: 2s, pause: n3 }\n${check}`);
    expect(raft?.scenario.checks[0]).toMatchObject({ metric: { after: { kind: 'line', line: 1 } } });
    expect(told(`${head}faults:\n${first}  - { at: 1s, pause: n2 }\n${check.replace('3', '1')}`)).toEqual([
      '7:52 with raft: this is fault 1, which is not for this system [`where: [redis]` leaves it out there]',
    ]);
  });

  it('makes the runs that three files made before there was one', () => {
    const text = readFileSync(resolve(root, 'scenarios/locks/one-application-over-four-locks.yaml'), 'utf8');
    expect(parsed(text).slice(0, 3).map(({ scenario }) => scenarioHash12(scenario))).toEqual([
      'a65fb9b3e91d', '74615de20bce', '97c9657175f4',
    ]);
  });

  it('is no file for `parseScenario`', () => {
    const result = parseScenario(head, { fileName: 'a.yaml', catalogue });
    const hint = '`parseScenarios` reads them';
    expect(result.ok ? [] : result.problems).toMatchObject([{ line: 2, column: 1, hint }]);
  });
});

describe('what a system cannot do is told with its place', () => {
  it.each([
    ['an order', 'faults: [{ at: 1s, order: campaign }]\n',
      '4:27 with redis: `campaign` is not an order of this protocol [known here: promote, follow]'],
    ['an event', 'faults: [{ when: became-leader, pause: it }]\n', '4:18 with redis: `became-leader` is not an event'],
    ['a message', 'faults: [{ at: 1s, hold: { from: n1, to: n2, message: AppendEntries } }]\n',
      '4:55 with redis: `AppendEntries` is not a message'],
    ['an option', 'faults: [{ at: 1s, set: { heartbeat: 9ms } }]\n', '4:27 with redis: `heartbeat` is not an option'],
    ['a node', 'faults: [{ at: 1s, crash: n6 }]\n',
      '4:27 with raft: n6: the system has 5 nodes [`where: [redis]` leaves it out there]'],
    ['a metric', 'check: [{ metric: { name: leaderAfter, max: 2s } }]\n',
      '4:27 with redis: `leaderAfter` is not a metric'],
    ['an invariant', 'expect: { R20: invalid }\n', '4:11 with redis: `R20` is neither a check of this scenario'],
    ['a defect', 'defect: raft/commit-old-term\n',
      '4:9 with redis: this is a defect of raft [write { protocol: raft, defect: raft/commit-old-term }]'],
    ['a beginning', 'initial: { voters: [n1, n2, n3] }\n',
      '4:10 with redis: `redis` has no other beginning than its own'],
  ])('%s', (_what, more, problem) => {
    const problems = told(head + more);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('and not where it is left out', () => {
    expect(told(`${head}faults: [{ at: 1s, order: campaign, where: raft }]\n`)).toEqual([]);
  });

  it('where it is said of that system, in that item', () => {
    const systems = 'systems:\n  - { protocol: raft, expect: { S1: invalid } }\n'
      + '  - { protocol: redis, nodes: 0, options: { x: 1 } }\n';
    expect(told(`name: a\n${systems}workload: { kind: register }\n`)).toContain('4:31 must be at least 1, found `0`');
    expect(told(`name: a\n${systems.replace('0', '1')}workload: { kind: register }\n`)).toEqual([
      expect.stringContaining('3:33 with raft: `S1` is neither a check'),
      expect.stringContaining('4:45 with redis: `x` is not an option'),
    ]);
  });

  it('but once, without a name, where none of them can', () => {
    expect(told(`${head}check: [fencing]\nduration: 2s\nfaults: [{ at: 3s, crash: n1 }]\n`)).toEqual([
      '4:9 `fencing` judges locks [lock services are redlock, redis-lock, raft-lock and zookeeper-lock]',
      '6:16 this fault strikes at 3s, but the run lasts 2s [lengthen `duration`, or choose an earlier time]',
    ]);
  });
});

describe('systems that cannot stand side by side', () => {
  it.each([
    ['a single one', 'systems: [raft]', '2:10 must have at least 2 items'],
    ['no list', 'systems: raft', '2:10 expected a list, found the text `raft`'],
    ['one twice', 'systems: [raft, raft]', '2:17 `raft` stands here twice [make it a file of its own]'],
    ['one that is not known', 'systems: [raft, rdis]\nworkload: { kind: register }',
      '2:17 with rdis: `rdis` is not a protocol that is known here [did you mean `redis`?]'],
    ['one beside `system`', 'system: { protocol: raft }\nsystems: [raft, redis]',
      '3:1 there is a `system` already [keep one of the two]'],
    ['different workloads', 'systems: [raft, raft-lock]',
      '2:10 these systems have no workload in common: append, lock [set `workload: { kind }`]'],
    ['a workload of one of them', 'systems: [raft, raft-lock]\nworkload: { kind: lock }',
      '3:19 with raft: this system is no lock service '
        + '[lock services are redlock, redis-lock, raft-lock and zookeeper-lock]'],
    ['a profile', `${head.slice(8)}profile: swarm`,
      '4:10 `swarm` draws other faults for each system, and they are to meet the same '
      + '[write the faults out, or a file for each system]'],
    ['a strange `where`', `${head.slice(8)}resource: { where: redlock }`,
      '4:20 `redlock` is not among the systems [known here: raft, redis]'],
    ['a `where` without a choice', 'system: { protocol: raft }\nfaults: [{ at: 1s, crash: n1, where: raft }]',
      '3:31 `where` chooses among `systems`, and this file has none'],
  ])('%s', (_what, text, problem) => { expect(told(`name: a\n${text}\n`)[0]).toBe(problem); });
});
