import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../../src/contract/message.ts';
import type {
  Op, OpResult, SessionId, TreeApplied, TreeCommand, WriteOp,
} from '../../../../src/protocols/zookeeper/messages.ts';
import { treeMachine } from '../../../../src/protocols/zookeeper/tree/machine.ts';
import { applied, noPending } from '../../../../src/protocols/zookeeper/tree/pending.ts';
import { prepare, type PrepareRequest } from '../../../../src/protocols/zookeeper/tree/prepare.ts';
import { read, watchesDue } from '../../../../src/protocols/zookeeper/tree/read.ts';
import { beginSave, endSave, saveMore } from '../../../../src/protocols/zookeeper/tree/saved.ts';
import { statOf, type TreeState } from '../../../../src/protocols/zookeeper/tree/state.ts';
import { NaiveTree } from '../../../support/zookeeper/naive-tree.ts';
import { SESSIONS, sessionRequest } from '../../../support/zookeeper/requests.ts';

const [ONE, OTHER] = SESSIONS as [SessionId, SessionId, SessionId];

/** A tree with its leader: what is prepared is outstanding until it is applied. */
class Bench {
  readonly tree = treeMachine.initial();
  readonly pending = noPending();
  readonly log: TreeCommand[] = [];
  private readonly outstanding: TreeCommand[] = [];

  propose(session: SessionId, request: PrepareRequest): TreeCommand {
    const zxid = this.log.length + 1;
    const command = prepare(this.tree, this.pending, session, zxid, zxid, request);
    this.log.push(command);
    this.outstanding.push(command);
    return command;
  }

  /** The oldest one that is outstanding; `null`: there is none. */
  applyNext(): TreeApplied | null {
    const command = this.outstanding.shift();
    if (command === undefined) return null;
    const { result } = treeMachine.apply(this.tree, command as unknown as Plain, 0);
    applied(this.pending, command.zxid);
    return result as unknown as TreeApplied;
  }

  /** Proposed and applied, with all that was outstanding. */
  ask(session: SessionId, request: PrepareRequest): TreeApplied {
    this.propose(session, request);
    let last: TreeApplied | null = null;
    for (let next = this.applyNext(); next !== null; next = this.applyNext()) last = next;
    return last as TreeApplied;
  }

  do(op: WriteOp | Extract<Op, { op: 'multi' }>, session: SessionId = ONE): OpResult {
    return this.ask(session, { kind: 'op', op }).result;
  }
}

const BEGIN: PrepareRequest = { kind: 'create-session', timeoutUs: 5, password: 7 };
const END: PrepareRequest = { kind: 'close-session' };

function bench(): Bench {
  const made = new Bench();
  for (const session of [ONE, OTHER]) made.ask(session, BEGIN);
  return made;
}

const create = (path: string, mode: Extract<WriteOp, { op: 'create' }>['mode'] = 'persistent', data = '') =>
  ({ op: 'create', path, data, mode }) as const;
const set = (path: string, data: string, version = -1) => ({ op: 'set', path, data, version }) as const;
const remove = (path: string, version = -1) => ({ op: 'delete', path, version }) as const;
const refused = (error: string) => ({ op: 'error', error, results: [] });

/** All that a client can see of a tree, and its sessions. */
function visible({ znodes, sessions }: TreeState): unknown {
  const nodes = [...znodes].map(([path, znode]) => [path, znode.data, statOf(znode), [...znode.children].sort()]);
  return [nodes.sort(byPath), [...sessions].sort(([a], [b]) => a - b)];
}

function visibleNaive(model: NaiveTree): unknown {
  const nodes = [...model.nodes].map(([path, { data }]) => [path, data, model.statOf(path), model.childrenOf(path)]);
  return [nodes.sort(byPath), [...model.sessions].sort(([a], [b]) => a - b)];
}

function byPath([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return (a as string) < (b as string) ? -1 : 1;
}

describe('a tree', () => {
  it('answers as one that executes each request when it is proposed, however many are outstanding', () => {
    const step = fc.record({ asked: sessionRequest, applications: fc.nat(3) });
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const made = bench();
      const model = new NaiveTree();
      for (const session of [ONE, OTHER]) model.execute(session, 0, BEGIN);
      const expected: TreeApplied[] = [];
      const got: TreeApplied[] = [];
      const drain = (count: number): void => {
        for (let i = 0; i < count; i++) {
          const next = made.applyNext();
          if (next === null) return;
          got.push(next);
        }
      };
      for (const { asked: { session, request }, applications } of steps) {
        expected.push(model.execute(session, made.propose(session, request).zxid, request));
        drain(applications);
      }
      drain(Infinity);
      expect(got).toEqual(expected);
      expect(visible(made.tree)).toEqual(visibleNaive(model));
      expect([...made.pending.znodes, ...made.pending.sessions]).toEqual([]);
    }), { numRuns: 500 });
  });

  it('is the same, and has the same digest, once saved and loaded, and says the same of itself', () => {
    fc.assert(fc.property(fc.array(sessionRequest, { maxLength: 40, size: 'max' }), (requests) => {
      const made = bench();
      for (const { session, request } of requests) made.ask(session, request);
      const text = treeMachine.save(made.tree);
      const loaded = treeMachine.load(text);
      expect(visible(loaded)).toEqual(visible(made.tree));
      expect(loaded.ephemerals).toEqual(made.tree.ephemerals);
      expect(treeMachine.digest(loaded)).toBe(treeMachine.digest(made.tree));
      expect(treeMachine.save(loaded)).toBe(text);
    }));
  });

  it('comes to the same when its last transactions are applied once more', () => {
    fc.assert(fc.property(fc.array(sessionRequest, { maxLength: 50, size: 'max' }), fc.nat(50), (requests, count) => {
      const made = bench();
      for (const { session, request } of requests) made.ask(session, request);
      const before = treeMachine.save(made.tree);
      const digest = treeMachine.digest(made.tree);
      for (const command of made.log.slice(-count)) treeMachine.apply(made.tree, command as unknown as Plain, 0);
      expect(treeMachine.save(made.tree)).toBe(before);
      expect(treeMachine.digest(made.tree)).toBe(digest);
    }), { numRuns: 500 });
  });

  it('comes to the same from what was written while it changed, with what it was changed by applied once more', () => {
    const step = fc.record({ asked: sessionRequest, written: fc.nat(2) });
    const steps = fc.array(step, { maxLength: 50, size: 'max' });
    fc.assert(fc.property(fc.array(sessionRequest, { maxLength: 30, size: 'max' }), steps, (before, during) => {
      const made = bench();
      for (const { session, request } of before) made.ask(session, request);
      const begun = made.log.length;
      const save = beginSave(made.tree);
      for (const { asked: { session, request }, written } of during) {
        saveMore(made.tree, save, written);
        made.ask(session, request);
      }
      while (saveMore(made.tree, save, 1));
      const loaded = treeMachine.load(endSave(save, made.log.length));
      expect(loaded.settledAt).toBe(made.log.length);
      for (const command of made.log.slice(begun)) treeMachine.apply(loaded, command as unknown as Plain, 0);
      expect(visible(loaded)).toEqual(visible(made.tree));
      expect(treeMachine.digest(loaded)).toBe(treeMachine.digest(made.tree));
      expect(loaded.settledAt).toBe(during.length === 0 ? made.log.length : 0);
    }), { numRuns: 1_000 });
  });

  it('comes to the same when a parent is repeated that had gone, came again, and has children', () => {
    const made = bench();
    for (const op of [create('/a'), remove('/a'), create('/a'), create('/a/x')]) made.do(op);
    const before = treeMachine.save(made.tree);
    for (const command of made.log.slice(-4)) treeMachine.apply(made.tree, command as unknown as Plain, 0);
    expect(treeMachine.save(made.tree)).toBe(before);
    expect(read(made.tree, { op: 'children', path: '/a', watch: false })).toMatchObject({ children: ['x'] });
  });

  it('tells trees apart by their digest that differ in anything that clients see', () => {
    const made = bench();
    const digests = [treeMachine.digest(made.tree)];
    const ops = [
      create('/a'), set('/a', 'x'), set('/a', 'x'), create('/a/b', 'ephemeral'), remove('/a/b'), remove('/a'),
      create('/a', 'persistent', 'x'),
    ];
    for (const op of ops) {
      made.do(op);
      digests.push(treeMachine.digest(made.tree));
    }
    made.ask(13, BEGIN);
    digests.push(treeMachine.digest(made.tree));
    made.ask(13, END);
    expect(new Set(digests).size).toBe(digests.length);
    expect(treeMachine.digest(made.tree)).toBe(digests.at(-2));
  });

  it('saves what was, whatever is applied before anybody reads it', () => {
    const made = bench();
    made.do(create('/a'));
    const [now, later] = [treeMachine.save(made.tree), treeMachine.saveLater(made.tree)];
    made.do(set('/a', 'x'));
    made.do(create('/a/b'));
    made.ask(OTHER, END);
    expect(later()).toBe(now);
    expect(treeMachine.save(made.tree)).not.toBe(now);
  });

  it('names what was executed by its session and xid, and nothing of what was refused', () => {
    const made = bench();
    const [good, bad] = [create('/a'), create('/a')].map((op) => made.propose(ONE, { kind: 'op', op }));
    const executed = [good, bad].map((command) =>
      treeMachine.apply(made.tree, command as unknown as Plain, 0).executed);
    expect(executed).toEqual([{ session: ONE, sequence: good?.xid }, null]);
    expect(treeMachine.query(made.tree, good as unknown as Plain)).toBeNull();
  });
});

describe('znodes', () => {
  it('count how often their data was set, and their children came and went', () => {
    const made = bench();
    made.do(create('/a'));
    for (const op of [set('/a', 'x'), create('/a/b'), create('/a/c'), remove('/a/b')]) made.do(op);
    expect(read(made.tree, { op: 'get', path: '/a', watch: false })).toEqual({
      op: 'get', data: 'x', stat: {
        czxid: 3, mzxid: 4, pzxid: 7, version: 1, cversion: 3, aversion: 0, ephemeralOwner: 0, dataLength: 1,
        numChildren: 1,
      },
    });
    expect(read(made.tree, { op: 'children', path: '/a', watch: false })).toMatchObject({ children: ['c'] });
    expect(read(made.tree, { op: 'exists', path: '/x', watch: false })).toEqual(refused('NoNode'));
  });

  it('are numbered by the children that their parent has ever had', () => {
    const made = bench();
    made.do(create('/q'));
    const paths = ['/q/n-', '/q/n-'].map((path) => made.do(create(path, 'persistent-sequential')));
    made.do(remove('/q/n-0000000001'));
    made.do(create('/q/other'));
    paths.push(made.do(create('/q/', 'ephemeral-sequential')));
    expect(paths).toMatchObject([
      { path: '/q/n-0000000000' }, { path: '/q/n-0000000001' }, { path: '/q/0000000003' },
    ]);
  });

  it('may go as soon as the end of their last child is proposed', () => {
    const made = bench();
    for (const op of [create('/a'), create('/a/b')]) made.do(op);
    const changes = [remove('/a'), remove('/a/b'), remove('/a'), create('/a/b')].map((op) =>
      made.propose(ONE, { kind: 'op', op }).change);
    expect(changes).toMatchObject([
      { error: 'NotEmpty' }, { change: 'delete' }, { change: 'delete' }, { change: 'error', error: 'NoNode' },
    ]);
  });

  it('are refused where ZooKeeper refuses them, for the first thing that is wrong', () => {
    const made = bench();
    for (const op of [create('/a'), create('/a/b'), create('/e', 'ephemeral')]) made.do(op);
    const results = [
      create('/a'), create('/x/y'), create('/e/x'), create('a'), create('/a/'), create('/a/..'), remove('/a'),
      remove('/x'), remove('/'), set('/a', 'x', 3), set('/x', 'x'), remove('/a/b', 1), set('a', 'x'),
    ].map((op) => made.do(op));
    expect(results).toEqual([
      'NodeExists', 'NoNode', 'NoChildrenForEphemerals', 'BadArguments', 'BadArguments', 'BadArguments', 'NotEmpty',
      'NoNode', 'BadArguments', 'BadVersion', 'NoNode', 'BadVersion', 'BadArguments',
    ].map(refused));
  });
});

describe('a multi', () => {
  it('happens whole, one operation upon the other, under one zxid', () => {
    const made = bench();
    const ops = [create('/a'), create('/a/b'), set('/a', 'x', 0), { op: 'check', path: '/a', version: 1 } as const];
    const { result, events } = made.ask(ONE, { kind: 'op', op: { op: 'multi', ops } });
    expect(result).toMatchObject({ op: 'multi', results: [
      { path: '/a', stat: { czxid: 3, numChildren: 0 } }, { path: '/a/b', stat: { czxid: 3 } },
      { op: 'set', stat: { mzxid: 3, pzxid: 3, version: 1, cversion: 1 } }, { op: 'check' },
    ] });
    expect(events.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'NodeCreated /a', 'NodeChildrenChanged /', 'NodeCreated /a/b', 'NodeChildrenChanged /a', 'NodeDataChanged /a',
    ]);
  });

  it('that fails has changed nothing, and tells of each operation why', () => {
    const made = bench();
    const before = treeMachine.digest(made.tree);
    const ops = [create('/a'), remove('/x'), create('/b')];
    expect(made.do({ op: 'multi', ops })).toEqual(
      { op: 'error', error: 'NoNode', results: ['Ok', 'NoNode', 'RuntimeInconsistency'] });
    expect(treeMachine.digest(made.tree)).toBe(before);
    expect(made.do(create('/q-', 'persistent-sequential'))).toMatchObject({ path: '/q-0000000000' });
  });
});

describe('the end of a session', () => {
  it('takes what it has, what is on the way to it, and nothing that is on the way out', () => {
    const made = bench();
    made.do(create('/old', 'ephemeral'));
    made.do(create('/gone', 'ephemeral'));
    made.propose(ONE, { kind: 'op', op: create('/new', 'ephemeral') });
    made.propose(ONE, { kind: 'op', op: remove('/gone') });
    made.propose(OTHER, { kind: 'op', op: create('/gone', 'ephemeral') });
    expect(made.propose(ONE, END).change).toEqual({ change: 'close-session', paths: ['/new', '/old'] });
    const late = made.propose(ONE, { kind: 'op', op: create('/late', 'ephemeral') });
    expect(late.change).toEqual({ change: 'error', error: 'SessionExpired', results: [] });
    while (made.applyNext() !== null);
    expect([...made.tree.znodes.keys()]).toEqual(['/', '/gone']);
    expect(made.ask(ONE, END).result).toEqual(refused('SessionExpired'));
  });
});

describe('the watches of a client that comes back', () => {
  const due = (made: Bench, relativeZxid: number, path: string) => watchesDue(
    made.tree, { relativeZxid, data: [path], exists: [path], children: [path] },
  ).map(({ type }) => type);

  it('are due for what came behind what it has seen', () => {
    const made = bench();
    made.do(create('/a'));
    const created = made.log.length;
    made.do(set('/a', 'x'));
    const written = made.log.length;
    made.do(create('/a/b'));
    expect(due(made, created, '/a')).toEqual(['NodeDataChanged', 'NodeCreated', 'NodeChildrenChanged']);
    expect(due(made, written, '/a')).toEqual(['NodeCreated', 'NodeChildrenChanged']);
    expect(due(made, made.log.length, '/a')).toEqual(['NodeCreated']);
    expect(due(made, 0, '/x')).toEqual(['NodeDeleted', 'NodeDeleted']);
  });
});
