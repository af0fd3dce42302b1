import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../../../src/scenario/file/parse.ts';
import { treeValue } from '../../../../src/scenario/file/tree-operations.ts';
import { parsed, problemsOf } from '../../../support/scenarios/parsed.ts';

const head = 'name: a\nsystem: { protocol: raft, nodes: 5 }\n';

/** Place, message and hint of every problem, one a line. */
function told(text: string): string[] {
  return problemsOf(text).map(({ line, column, message, hint }) =>
    `${line}:${column} ${message}${hint === undefined ? '' : ` | ${hint}`}`);
}

describe('shape: a problem stands where the mistake is', () => {
  it.each([
    ['- a', '1:1 a scenario is a map | begin with `name: what this scenario claims`'],
    ['hello', '1:1 a scenario is a map | begin with `name: what this scenario claims`'],
    ['name: a\nsystem: {}', '2:9 `protocol` is missing'],
    ['system: { protocol: raft }', '1:1 `name` is missing'],
    ['name: [1]\nsystem: { protocol: raft }', '1:7 expected a text, found a list'],
    ['name: 5\nsystem: { protocol: raft }', '1:7 expected a text, found `5`'],
    ['name: ""\nsystem: { protocol: raft }', '1:7 must not be empty'],
    ['name: "a\\nb"\nsystem: { protocol: raft }', '1:7 must be one line of text, found the text `a b`'],
    [`${head}durration: 5s`, '3:1 `durration` is not known here | did you mean `duration`?'],
    [`${head}clients: { cuont: 5 }`, '3:12 `cuont` is not known here | did you mean `count`?'],
    [`${head}clients: { count: 0 }`, '3:19 must be at least 1, found `0`'],
    [`${head}clients: { count: 1001 }`, '3:19 must be at most 1000, found `1001`'],
    [`${head}clients: { count: many }`, '3:19 expected a number, found the text `many`'],
    [`${head}clients: { count: 1.5 }`, '3:19 expected a whole number, found `1.5`'],
    [`${head}clients: 5`, '3:10 expected a map, found `5`'],
    [`${head}clients:\n  attemptTimeout: 2s`, '4:19 an attempt (2s) outlasts its operation (`timeout` is 1s)'
      + ' | make `attemptTimeout` the shorter one'],
    [`${head}limits: { events: 5_000 }`, '3:19 expected a number, found the text `5_000` | write 5000'],
    [`${head}limits: { events: 1000000001 }`, '3:19 must be at most 1000000000, found `1000000001`'],
    ['name: a\nsystem: { protocol: raft, nodes: 100 }', '2:34 must be at most 99, found `100`'],
    [`${head}workload: { kind: apend }`,
      '3:19 expected one of append, register, cas-register, kv, counter, set, mutex, fenced-lock, queue, barrier, '
        + 'double-barrier, lock, znodes, found the text `apend` | did you mean `append`?'],
    [`${head}profile: wild`, '3:10 expected one of none, swarm, gentle, found the text `wild`'],
    [`${head}network: { slow: { rate: 1% } }`, '3:18 `delay` is missing'],
    [`${head}seeds: many`, '3:8 expected how many, or a map with `first` and `count`, found the text `many`'],
    [`${head}seeds: 0`, '3:8 must be at least 1, found `0`'],
    [`${head}seeds: { first: 1, cuont: 2 }`, '3:20 `cuont` is not known here | did you mean `count`?'],
    [`${head}faults: crash`, '3:9 expected a list, found the text `crash`'],
    [`${head}duration: 1000s\nfaults:\n${'  - random: { every: 10ms, kinds: [pause] }\n'.repeat(2)}`,
      '5:3 together these may be more than 100000 faults | leave more time between them'],
    [`${head}faults:\n  - crash`, '4:5 expected a map, found the text `crash`'],
    [`${head}check: progress`, '3:8 expected a list, found the text `progress`'],
    [`${head}expect: { linearizable: bad }`,
      '3:25 expected one of valid, invalid, unknown, found the text `bad`'],
  ])('%j', (text, problem) => {
    expect(told(text)).toEqual([problem]);
  });
});

describe('quantities: the unit that was meant is offered', () => {
  it.each([
    ['duration: 5 sec', '3:11 `5 sec` has a unit that is not known | write 5s'],
    ['duration: 5min', '3:11 `5min` has a unit that is not known | write 5m'],
    ['duration: 2h', '3:11 `2h` has a unit that is not known | write 120m'],
    ['duration: 5 s', '3:11 `5 s` contains a space | write 5s'],
    ['duration: 5', '3:11 `5` has no unit | write 5ms or 5s'],
    ['duration: 5parsec',
      '3:11 `5parsec` has a unit that is not known | units are us, ms, s, m; write for example 1500us, 5ms, 10s or 2m'],
    ['duration: soon', '3:11 `soon` is not a duration | write for example 1500us, 5ms, 10s or 2m'],
    ['duration: -5s', '3:11 `-5s` is negative | write for example 1500us, 5ms, 10s or 2m'],
    ['duration: 1.0000001s', '3:11 `1.0000001s` is not a whole number of one microsecond, or too large'
      + ' | write for example 1500us, 5ms, 10s or 2m'],
    ['duration: 0', '3:11 must be longer than 0'],
    ['duration: 1441m', '3:11 must be at most 1440m, a day'],
    ['duration: [5s]', '3:11 expected a duration such as 5ms, found a list'],
    ['workload: { think: 5ms..1ms }',
      '3:20 `5ms..1ms` ends below its beginning | write 1ms..5ms with the smaller end first'],
    ['workload: { think: 1..5 }', '3:20 `5` has no unit | write 5ms or 5s'],
    ['workload: { think: 1ms.. }',
      '3:20 `1ms..` is not a range | write one value or a range from..to: 1500us, 5ms, 10s or 2m'],
    ['workload: { think: 0..80m }', '3:20 `0..80m` is too wide to draw from | a range spans at most 71m'],
    ['workload: { reads: 3 }', '3:20 `3` has no unit | write 3%'],
    ['workload: { reads: 3 percent }', '3:20 `3 percent` has a unit that is not known | write 3%'],
    ['workload: { reads: 101% }', '3:20 `101%` is more than everything | write at most 100%'],
    ['workload: { reads: 0.00001% }', '3:20 `0.00001%` is not a whole number of 1ppm, or too large'
      + ' | write for example 3%, 0.5% or 200ppm'],
    ['clocks: { drift: 60% }', '3:18 must be at most 50%'],
  ])('%j', (line, problem) => {
    expect(told(head + line)).toEqual([problem]);
  });
});

describe('a script fits its workload and the run', () => {
  const line = (more: string): string => `{ at: 1s, client: c1, ${more} }`;

  it.each([
    ['append', '{ client: c1, read: x }', '3:36 `at` is missing'],
    ['append', '{ at: 1s, read: x }', '3:36 `client` is missing'],
    ['append', '{ at: 1s, client: c4, read: x }', '3:54 c4: there are 3 clients'],
    ['append', '{ at: 1s, client: n1, read: x }', '3:54 `n1` is not the name of a client: they are c1, c2, …'],
    ['append', line('to: n6, read: x'), '3:62 n6: there are 5 nodes'],
    ['append', line('to: leader, read: x'), '3:62 `leader` is not the name of a node: they are n1, n2, …'],
    ['append', '{ at: 1s, client: c1 }', '3:36 this line has 0 operations | write one of append, read'],
    ['append', line('read: x, append: { key: x, value: 1 }'),
      '3:36 this line has 2 operations | write one of append, read'],
    ['append', line('write: { key: x, value: 1 }'), '3:58 workloads of kind append have no `write`'
      + ' | known here: append, read'],
    ['append', line('apend: { key: x, value: 1 }'), '3:58 `apend` is not known here | did you mean `append`?'],
    ['append', line('append: x'), '3:66 the value of `append` is a text, a number, true or false'
      + ' | write `append: { key: x, value: … }`'],
    ['append', line('append: { key: x, value: { a: 1 } }'),
      '3:66 the value of `append` is a text, a number, true or false'
      + ' | write `append: { key: x, value: … }`'],
    ['append', line('append: { value: 1 }'), '3:66 `key` is missing'],
    ['append', line('read: { key: x, value: 1 }'), '3:64 `read` has no value | write `read: x`'],
    ['counter', line('add: { key: x, value: 1.5 }'), '3:64 the value of `add` is a whole number'
      + ' | write `add: { key: x, value: … }`'],
    ['cas-register', line('cas: { key: x, value: [1] }'), '3:69 the value of `cas` is a pair [old, new]'
      + ' | write `cas: { key: x, value: … }`'],
    ['mutex', line('release: { key: x, value: 1 }'), '3:66 `release` has no value | write `release: x`'],
    ['fenced-lock', line('release: x'), '3:72 the value of `release` is a whole number'
      + ' | write `release: { key: x, value: … }`'],
  ])('%s: %s', (kind, script, expected) => {
    expect(told(`${head}workload: { kind: ${kind}, script: [${script}] }`)).toEqual([expected]);
  });
});

describe('barriers are where there is a recipe for them', () => {
  const recipes = 'name: a\nsystem: { protocol: zookeeper-recipes }\n';

  it('and nowhere else', () => {
    for (const kind of ['barrier', 'double-barrier']) {
      expect(told(`${head}workload: { kind: ${kind} }`)).toEqual(
        ['3:19 this system has no barriers | zookeeper-recipes has']);
    }
  });

  it('are no objects, and are judged by `barriers` where nothing else is said', () => {
    expect(told(`${recipes}workload: { kind: barrier }\ncheck: [linearizable]`)).toEqual(
      ['4:9 who waits at a barrier is answered by what others do | its check is `barriers`']);
    const { checks, workload } = parsed(`${recipes}workload: { kind: double-barrier }`);
    expect(checks.map(({ name }) => name)).toEqual(['barriers', 'progress']);
    expect(workload.keys).toBe(1);
  });

  it('are one where clients wait for each other, and take a number of members', () => {
    expect(told(`${recipes}workload: { kind: double-barrier, keys: 2 }`)).toEqual([
      '3:41 clients that wait at several double barriers would wait for each other'
      + ' | write `keys: 1`, or leave it out',
    ]);
    const script = '[{ at: 1s, client: c1, enter: { key: k0, value: 0 } }]';
    expect(told(`${recipes}workload: { kind: double-barrier, script: ${script} }`)).toEqual(
      ['3:73 the value of `enter` is a whole number from 1 | write `enter: { key: k0, value: … }`']);
  });
});

describe('a tree of znodes is kept by who keeps one', () => {
  it('and by nobody else', () => {
    expect(told(`${head}workload: { kind: znodes }`)).toEqual(
      ['3:19 this system has no znodes | coordination services have: zookeeper']);
    expect(told(`${head}workload: { kind: append, persistentWatches: 5% }`)).toEqual(
      ['3:27 only a workload of kind `znodes` sets watches']);
  });

  it.each([
    ['create', { data: 'x', mode: 'often' }, '`mode` of "create" is one of persistent, ephemeral, '
      + 'persistent-sequential, ephemeral-sequential'],
    ['create', { dat: 'x' }, '"create" has no `dat`: it has data, mode'],
    ['set', 5, 'the value of "set" is a map of data, version'],
    ['get', { watch: 1 }, '`watch` of "get" is true or false'],
    ['add-watch', { mode: 'standard' }, '`mode` of "add-watch" is persistent or persistent-recursive'],
    ['remove-watches', { type: 'all' }, '`type` of "remove-watches" is any, data or children'],
    ['sync', 5, '"sync" has no value'],
    ['multi', [], 'the value of "multi" is a map with `ops`, a list'],
    ['multi', { ops: [{ op: 'get', path: '/a' }] }, 'a part of "multi" has a `path`, and as `op` create, delete, set, '
      + 'check'],
    ['multi', { ops: [{ op: 'set', path: '/a', version: 'x' }] }, '`version` of "set" is a whole number, -1 for any '
      + 'version'],
  ])('%s %j', (f, value, message) => { expect(treeValue(f, value)).toEqual({ ok: false, message }); });

  it('what a script leaves out of an operation is filled in', () => {
    expect(treeValue('create', null)).toEqual({ ok: true, value: { data: '', mode: 'persistent' } });
    expect(treeValue('add-watch', null)).toEqual({ ok: true, value: { mode: 'persistent' } });
    expect(treeValue('remove-watches', null)).toEqual({ ok: true, value: { type: 'any' } });
    expect(treeValue('delete', { version: 3 })).toEqual({ ok: true, value: { version: 3 } });
    expect(treeValue('multi', { ops: [{ op: 'check', path: '/a' }] })).toEqual(
      { ok: true, value: { ops: [{ op: 'check', path: '/a', version: -1 }] } });
    expect(treeValue('close', null)).toEqual({ ok: true, value: null });
  });
});

describe('options are those of the protocol', () => {
  const system = (options: string): string[] => told(`name: a\nsystem: { protocol: raft, options: ${options} }`);

  it.each([
    ['{ heartbaet: 5ms }', '2:38 `heartbaet` is not an option of this protocol | did you mean `heartbeat`?'],
    ['{ heartbeat: 5 }', '2:49 `5` has no unit | write 5ms or 5s'],
    ['{ heartbeat: true }', '2:49 expected a duration, found `true`'],
    ['{ heartbeat: 2m }', '2:49 must be 1ms to 1m, found `2m`'],
    ['{ batch: 0 }', '2:45 must be 1 to 1024, found `0`'],
    ['{ batch: 1.5 }', '2:45 expected a whole number, found `1.5`'],
    ['{ preVote: yes }', '2:47 expected true or false, found `yes`'],
    ['{ reads: leese }', '2:45 expected one of index, lease, found `leese` | did you mean `lease`?'],
  ])('%s', (options, problem) => {
    expect(system(options)).toEqual([problem]);
  });

  it('and the protocol is one that is known', () => {
    expect(told('name: a\nsystem: { protocol: rfat, options: { x: 1 } }')).toEqual([
      '2:21 `rfat` is not a protocol that is known here | did you mean `raft`?',
    ]);
  });
});

describe('faults fit the system and the run', () => {
  const kinds = 'crash, restart, pause, resume, partition, cut, hold, link, clock-jump, clock-drift,'
    + ' disk-slow, wipe-disk, bit-flip, torn-write, sync-error, disk-full, lying-sync, order, set, heal';

  it.each([
    ['crash: n7', '4:10 n7: the system has 5 nodes'],
    ['crash: c4', '4:10 c4: the system has 3 clients'],
    ['crash: [n1, n6]', '4:15 n6: the system has 5 nodes'],
    ['crash: [n1, leader]', '4:15 `leader` is not the name of a process'
      + ' | nodes are n1, n2, …, clients c1, c2, …, a resource r1'],
    ['crash: leadr', '4:10 `leadr` is not a target | did you mean `leader`?'],
    ['crash: it', '4:10 `it` is the process of the event that a line waits for | use it with `when`'],
    ['crash: { target: leader, for: 2s, flavour: hard }',
      '4:46 expected one of process, machine, machine-cache, found the text `hard`'],
    ['crash: { for: 2s }', '4:10 `target` is missing'],
    ['crash: { target: n1, for: 10s }',
      '4:29 `for` ends at 11s, but the run lasts 10s | lengthen `duration`, heal earlier, or leave `for` out'],
    ['crash: { target: n1, for: 1s..2s }',
      '4:29 a range of durations is for random faults | write one duration'],
    ['crash: { target: n1, for: 0 }', '4:29 a fault that lasts 0 is none'],
    ['crahs: n1', '4:3 `crahs` is not known here | did you mean `crash`?'],
    ['partition: { for: 1s }', '4:14 this partition has no shape | write exactly one of shape, isolate, groups'],
    ['partition: { shape: ring, isolate: n1 }',
      '4:14 this partition has more than one shape | write exactly one of shape, isolate, groups'],
    ['partition: thirds', '4:14 expected one of halves, minority, minority-with-leader, ring, bridge,'
      + ' majorities-ring, found the text `thirds`'],
    ['partition: { groups: [[n1, n2], [n3, n4]] }', '4:24 n5 in no group | every node needs a side'],
    ['partition: { groups: [[n1, n2, n3], [n3, n4, n5]] }', '4:40 `n3` stands in the groups twice'],
    ['partition: { groups: [[n1, n2, n3, n4, n5]] }', '4:24 must have at least 2 items'],
    ['cut: leader', '4:8 expected a direction such as `leader > all`, found the text `leader`'],
    ['cut: leader > al', '4:8 `al` is not a target | did you mean `all`?'],
    ['cut: { from: leader }', '4:8 `to` is missing'],
    ['clock-jump: { target: n1, by: -5 }', '4:33 `-5` has no unit | write -5ms or -5s'],
    ['clock-drift: { target: n1, rate: -100% }', '4:36 `-100%` is not how clocks drift | write -99% to 100%'],
    ['hold: { from: n1, to: n2, message: RequestVotes }',
      '4:38 `RequestVotes` is not a message of this protocol | did you mean `RequestVote`?'],
    ['disk-slow: { target: n1, sync: slow }',
      '4:34 `slow` is not a duration | write for example 1500us, 5ms, 10s or 2m'],
    ['bit-flip: { target: n1, index: 0 }', '4:34 must be at least 1, found `0`'],
    ['sync-error: { target: n1, cuont: 2 }', '4:29 `cuont` is not known here | did you mean `count`?'],
    ['order: snapshto', '4:10 `snapshto` is not an order of this protocol | did you mean `snapshot`?'],
    ['order: { name: tranfser, to: leader, node: n2 }',
      '4:18 `tranfser` is not an order of this protocol | did you mean `transfer`?'],
    ['order: transfer', '4:10 an order `transfer` is about a node | write `node: n1`'],
    ['order: { name: transfer, nodes: [n1, n2] }', '4:10 an order `transfer` is about a node | write `node: n1`'],
    ['order: { name: reconfigure, node: n1, nodes: [n2] }',
      '4:10 an order `reconfigure` is about nodes | write `nodes: [n1, n2]`'],
    ['order: { name: snapshot, node: n1 }',
      '4:10 an order `snapshot` is about nothing | leave out `node` and `nodes`'],
    ['order: { name: transfer, node: n6 }', '4:34 n6: the system has 5 nodes'],
    ['order: { name: transfer, to: c1, node: n2 }', '4:32 c1 is no node, and orders are given to nodes, about nodes'],
    ['order: { name: reconfigure, nodes: [n1, c1] }',
      '4:43 c1 is no node, and orders are given to nodes, about nodes'],
    ['set: { heartbaet: 5ms }', '4:10 `heartbaet` is not an option of this protocol | did you mean `heartbeat`?'],
    ['set: { heartbeat: 5 }', '4:21 `5` has no unit | write 5ms or 5s'],
    ['set: { heartbeat: 7ms, batch: 7 }', '4:33 seven and seven'],
    ['set: { for: 5s }', '4:8 this sets no option'],
    ['set: { batch: 1, for: 10s }',
      '4:25 `for` ends at 11s, but the run lasts 10s | lengthen `duration`, heal earlier, or leave `for` out'],
    ['set: batch', '4:8 expected a map, found the text `batch`'],
    ['heal: n1', '4:9 expected all, found the text `n1`'],
  ])('%s', (action, problem) => {
    expect(told(`${head}faults: [{ at: 1s,\n  ${action} }]`)).toEqual([problem]);
  });

  it.each([
    ['{ crash: n1 }', '3:10 this fault has no trigger | write exactly one of at, when, random'],
    ['{ at: 1s, when: became-leader, heal: }',
      '3:10 this fault has 2 triggers | write exactly one of at, when, random'],
    ['{ at: 1s }', `3:10 this fault does nothing | write one of ${kinds}`],
    ['{ at: 1s, crash: n1, pause: n2 }', `3:10 this fault does 2 things | write one of ${kinds}; one line, one action`],
    ['{ at: 10s, crash: n1 }', '3:16 this fault strikes at 10s, but the run lasts 10s'
      + ' | lengthen `duration`, or choose an earlier time'],
    ['{ when: became-leadr, crash: n1 }',
      '3:18 `became-leadr` is not an event of this protocol | did you mean `became-leader`?'],
    ['{ when: { event: x, by: n1 }, crash: n1 }',
      '3:27 `x` is not an event of this protocol | known here: became-leader, stepped-down'],
    ['{ when: { event: became-leader, by: n6 }, crash: n1 }', '3:46 n6: the system has 5 nodes'],
    ['{ when: { event: became-leader, nth: 0 }, crash: n1 }', '3:47 must be at least 1, found `0`'],
    ['{ random: { every: 1s, until: 11s }, crash: any }',
      '3:40 `until` is 11s, but the run lasts 10s | lengthen `duration`, or stop earlier'],
    ['{ random: { every: 1s, from: 8s }, crash: any }',
      '3:39 these faults end (7500ms) before they begin (8s) | set `from` before `until`'],
    ['{ random: { every: 0 }, crash: any }', '3:29 faults need some time between them'],
    ['{ random: { every: 1s } }', '3:10 this fault does nothing | write an action beside it, or `kinds`'],
    ['{ random: { every: 1s, kinds: [crash] }, pause: n1 }',
      '3:51 the actions of this fault stand in `kinds` already | keep one of the two'],
    ['{ random: { every: 1s, kinds: [clok-jump] } }',
      '3:41 `clok-jump` is not a kind of fault | did you mean `clock-jump`?'],
    ['{ random: { every: 1s, kinds: [link] } }', '3:41 `link` needs its settings here | write { link: … }'],
    ['{ random: { every: 1s, kinds: [{ crash: n6 }] } }', '3:50 n6: the system has 5 nodes'],
  ])('%s', (line, problem) => {
    expect(told(`${head}faults: [${line}]`)).toEqual([problem]);
  });

  it('a partition needs enough nodes', () => {
    const lone = 'name: a\nsystem: { protocol: raft, nodes: 1 }\nfaults: [{ at: 1s, partition: halves }]';
    expect(told(lone)).toEqual(['3:31 a partition needs at least 2 nodes, and the system has 1']);
    const two = 'name: a\nsystem: { protocol: raft, nodes: 2 }\nfaults: [{ at: 1s, partition: { shape: bridge } }]';
    expect(told(two)).toEqual(['3:31 a bridge needs at least 3 nodes, and the system has 2']);
    const three = 'name: a\nsystem: { protocol: raft, nodes: 3 }\nfaults: [{ at: 1s, partition: ring }]';
    expect(told(three)).toEqual(['3:31 a ring needs at least 4 nodes, and the system has 3']);
    expect(told(three.replace('nodes: 3', 'nodes: 4'))).toEqual([]);
  });
});

describe('options that two lines set', () => {
  const faults = (...lines: readonly string[]): string[] => told(`${head}faults: [${lines.join(', ')}]`);
  const together = 'with what another line sets, seven and seven'
    + ' | set `batch` here as well, or end the other line earlier';

  it('go together where both may stand at one time', () => {
    expect(faults('{ at: 1s, set: { batch: 7 } }', '{ at: 2s, set: { heartbeat: 7ms } }'))
      .toEqual([`3:56 ${together}`]);
    expect(faults('{ at: 2s, set: { batch: 7 } }', '{ at: 1s, set: { heartbeat: 7ms, for: 2s } }')).toHaveLength(1);
    expect(faults('{ at: 1s, set: { batch: 7, for: 1s } }', '{ when: became-leader, set: { heartbeat: 7ms } }'))
      .toHaveLength(1);
  });

  it('and need not where one is over before the other begins', () => {
    expect(faults('{ at: 1s, set: { batch: 7, for: 1s } }', '{ at: 2s, set: { heartbeat: 7ms } }')).toEqual([]);
    expect(faults('{ at: 1s, set: { batch: 7 } }', '{ at: 2s, set: { heartbeat: 7ms, batch: 8 } }')).toEqual([]);
  });
});

describe('the beginning is the affair of the protocol', () => {
  it('which says what is wrong with it', () => {
    expect(told(`${head}initial: [1, 2]`)).toEqual(['3:10 expected a list of 5 terms']);
    expect(told(`${head}initial: [1, 1, 1, 2, .inf]`)).toEqual(['3:10 a number must be finite']);
    expect(told('name: a\nsystem: { protocol: redlock }\ninitial: []')).toEqual([
      '3:10 `redlock` has no other beginning than its own',
    ]);
  });

  it('and its sense depends on the system', () => {
    expect(told(`${head}initial: [1, 1, 1, 2, 2]`)).toEqual([]);
    expect(told('name: a\nsystem: { protocol: raft, nodes: x }\ninitial: [1]')).toHaveLength(1);
  });
});

describe('checks and expectations fit each other', () => {
  it('and a lock is not judged as an object', () => {
    const problems = told('name: a\nsystem: { protocol: raft-lock }\ncheck: [fencing, linearizable]');
    expect(problems).toEqual(['3:18 locks that expire are not linearizable'
      + ' | their checks are mutual-exclusion, fencing, lock-ownership']);
    expect(told('name: a\nsystem: { protocol: raft-lock }\ncheck: [fencing, client-order]')).toEqual(
      ['3:18 `client-order` judges commands in sessions of a log | this system has none of them']);
    expect(told('name: a\nsystem: { protocol: what }\ncheck: [fencing, linearizable]')).toHaveLength(1);
  });

  it.each([
    ['within: contract',
      '3:1 there is no profile whose faults could be held inside the contract | write `profile: swarm`'],
    ['check: [linearizible]', '3:9 `linearizible` is not a checker | did you mean `linearizable`?'],
    ['check: [progress, progress]', '3:19 a second check with the name `progress` | give it a `name` of its own'],
    ['check: [{}]', '3:9 this check names 0 checkers | write exactly one of linearizable, '
      + 'total-queue, barriers, client-order, mutual-exclusion, fencing, lock-ownership, linearizable-writes, '
      + 'session-order, watches, sessions, fresh-sync, progress, metric'],
    ['check: [progress, barriers]', '3:19 `barriers` judges barriers'
      + ' | the workloads that have them are `barrier` and `double-barrier`'],
    ['check: [progress, watches]',
      '3:19 `watches` judges a tree of znodes | the workload that has one is `znodes`'],
    ['check: [progress, fencing]', '3:19 `fencing` judges locks'
      + ' | lock services are redlock, redis-lock, raft-lock and zookeeper-lock'],
    ['workload: { kind: mutex }\ncheck: [{ lock-ownership: { name: owned } }]',
      '4:9 `lock-ownership` judges locks | lock services are redlock, redis-lock, raft-lock and zookeeper-lock'],
    ['check: [mutual-exlusion]', '3:9 `mutual-exlusion` is not a checker | did you mean `mutual-exclusion`?'],
    ['check: [{ progress: { from: 1s, to: 11s } }]',
      '3:37 `to` is 11s, but the run lasts 10s | lengthen `duration`, or end the window earlier'],
    ['check: [{ progress: { from: 5s, to: 5s } }]', '3:29 this window ends (5s) before it begins (5s)'],
    ['check: [{ progress: { clients: [c4] } }]', '3:33 c4: there are 3 clients'],
    ['check: [{ progress: { clients: [n1] } }]', '3:33 `n1` is not the name of a client: they are c1, c2, …'],
    ['check: [metric]', '3:9 `metric` needs its settings | write { metric: { name: terms, max: 3 } }'],
    ['check: [{ metric: { name: electons, max: 3 } }]',
      '3:27 `electons` is not a metric of this protocol | did you mean `elections`?'],
    ['check: [{ metric: { name: terms } }]', '3:19 this metric has no bound | write `max`, `min` or both'],
    ['check: [{ metric: { name: terms, max: 1s } }]', '3:39 expected a whole number, found `1s`'],
    ['check: [{ metric: { name: unavailable, max: 3 } }]', '3:45 `3` has no unit | write 3ms or 3s'],
    ['check: [{ metric: { name: terms, min: 3, max: 2 } }]', '3:39 `min` is above `max`'],
    ['check: [{ metric: { name: terms, max: 2, from: 1s } }]',
      '3:42 `terms` has no `from` | it is that of the whole run'],
    ['check: [{ metric: { name: leaderAfter, max: 2s, from: 1s } }]',
      '3:49 `leaderAfter` has no `from` | it takes after, afterFault'],
    ['check: [{ metric: { name: leaderAfter, max: 2s, afterFault: 1 } }]',
      '3:61 this is fault 1, and there are 0'],
    ['check: [{ metric: { name: leaderAfter, max: 2s, after: 1s, afterFault: 1 } }]',
      '3:72 there is an `after` already | keep one of the two'],
    ['check: [{ metric: { name: elections, max: 2, to: 11s } }]',
      '3:50 `to` is 11s, but the run lasts 10s | lengthen `duration`, or end the window earlier'],
    ['check: [{ metric: { name: terms, max: 2 } }, { metric: { name: terms, min: 1 } }]',
      '3:46 a second check with the name `terms` | give it a `as` of its own'],
    ['expect: { progres: invalid }', 
      '3:11 `progres` is neither a check of this scenario nor an invariant | did you mean `progress`?'],
    ['expect: { R99: valid }', '3:11 `R99` is neither a check of this scenario nor an invariant | did you mean `R9`?'],
    ['defect: raft/vote-not-durabel',
      '3:9 `raft/vote-not-durabel` is not in the catalogue | did you mean `raft/vote-not-durable`?'],
  ])('%s', (line, problem) => {
    expect(told(head + line)).toEqual([problem]);
  });

  it('but any invariant may be expected to break', () => {
    expect(told(`${head}expect: { R1: invalid, R9: invalid, assertion: invalid, progress: invalid }`)).toEqual([]);
  });
});

describe('all problems', () => {
  it('are told at once, in the order of the file', () => {
    expect(told('nmae: a\nduration: 5 sec\nsystem: { protocol: raft }\nfaults: [{ at: 1s, crash: n9 }]\n')).toEqual([
      '1:1 `nmae` is not known here | did you mean `name`?',
      '1:1 `name` is missing',
      '2:11 `5 sec` has a unit that is not known | write 5s',
      '4:27 n9: the system has 5 nodes',
    ]);
  });

  it('do not breed others: a broken part says nothing about the rest', () => {
    expect(told('name: a\nsystem: { protocol: raft, nodes: x }\nfaults: [{ at: 1s, crash: n9 }]')).toHaveLength(1);
    expect(told(`${head}duration: x\nfaults: [{ at: 99s, crash: n1 }]`)).toHaveLength(1);
    expect(told(`${head}check: [x]\nexpect: { x: invalid }`)).toHaveLength(1);
  });

  it('are printed with the line and a caret under the place', () => {
    expect(formatProblems(problemsOf(`${head}clients:\n\tcount: 5`))).toBe([
      'a.yaml:4:1: Tabs are not allowed as indentation', '  \tcount: 5', '  ^', '  hint: indent with spaces',
    ].join('\n'));
    expect(formatProblems(problemsOf(`${head}duration: 5 sec # so`))).toBe([
      'a.yaml:3:11: `5 sec` has a unit that is not known', '  duration: 5 sec # so', '            ^',
      '  hint: write 5s',
    ].join('\n'));
  });

  it('show the part of a long line that matters', () => {
    const [, code = '', caret = ''] = formatProblems(problemsOf(
      `{ name: a, system: { protocol: raft }, why: ${'x'.repeat(500)}, duration: 5 sec,`
        + ` check: [${'progress, '.repeat(20)}]}`,
    )).split('\n');
    expect(code.length).toBeLessThan(130);
    expect(code.slice(caret.indexOf('^'))).toMatch(/^5 sec/);
  });

  it('cannot drive a terminal', () => {
    const printed = formatProblems(problemsOf(`${head}"\\e[31m\u202ex": 1`));
    expect(printed).not.toMatch(/[\u001b\u202e]/);
    expect(printed).toContain('\\u{202e}');
  });

  it('are counted, not printed, beyond thirty', () => {
    const many = Array.from({ length: 40 }, (_, index) => `key${index}: 1`).join('\n');
    expect(formatProblems(problemsOf(`${head}${many}`))).toMatch(/… and 10 more$/);
  });
});
