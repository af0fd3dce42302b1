import { describe, expect, it } from 'vitest';
import type { ConnectionId } from '../../../../src/kernel/ids.ts';
import type { WatcherEvent, WatchEventType } from '../../../../src/protocols/zookeeper/messages.ts';
import { failure, libraryBench, stat } from '../../../support/zookeeper/library-bench.ts';

const got = { op: 'get', data: 'x', stat } as const;
const get = { op: 'get', path: '/a', watch: true } as const;

function connected(): ReturnType<typeof libraryBench> {
  const bench = libraryBench();
  bench.library.open(bench.ctx);
  bench.greet();
  return bench;
}

describe('a session', () => {
  it('is begun with what the client wishes, and asked for what has waited for it', () => {
    const { library, ctx, greet, packets, told } = libraryBench();
    library.open(ctx);
    library.submit(ctx, 'first', get);
    greet();
    expect(packets()).toEqual([
      { kind: 'ConnectRequest', lastZxid: 0, timeoutUs: 600_000, session: 0, password: 0 },
      { kind: 'Request', xid: 1, op: get },
    ]);
    expect(told).toEqual(['session']);
  });

  it('is kept by a ping after a third of its length without anything to say', () => {
    const { timers, fire, packets, library, ctx } = connected();
    expect(timers.get('zk/ping')).toBe(200);
    fire('zk/ping');
    expect(packets().at(-1)).toEqual({ kind: 'Ping', zxid: 0 });
    expect(timers.get('zk/ping')).toBe(200);
    timers.set('zk/ping', 1);
    library.submit(ctx, 'a', get);
    expect(timers.get('zk/ping')).toBe(200);
  });

  it('is suspended after two thirds without an answer, and taken along to another server', () => {
    const bench = connected();
    const { library, ctx, timers, fire, told, packets, connections, answer, closed, greet } = bench;
    library.submit(ctx, 'a', get);
    answer(1, got, 41);
    expect(timers.get('zk/read')).toBe(400);
    fire('zk/read');
    expect([told.at(-1), closed]).toEqual(['suspended', [1]]);
    fire('zk/pause');
    greet();
    expect(connections[1]).not.toBe(connections[0]);
    expect(packets()).toEqual([
      { kind: 'ConnectRequest', lastZxid: 41, timeoutUs: 600_000, session: 77, password: 9 },
      { kind: 'SetWatches', relativeZxid: 41, data: ['/a'], exists: [], children: [] },
    ]);
    expect(told.at(-1)).toBe('reconnected');
  });

  it('is over when a server says so, and not before, however long nobody was reached', () => {
    const { lose, fire, pass, told, receive, state, accept, timers } = connected();
    lose();
    for (let attempt = 0; attempt < 20; attempt++) {
      pass(600);
      fire('zk/pause');
      fire('zk/connect');
    }
    expect(told).toEqual(['session', 'suspended']);
    fire('zk/pause');
    accept();
    receive({ kind: 'ConnectResponse', session: 0, password: 0, timeoutUs: 0 });
    expect(told.at(-1)).toMatch(/^expired by n[123]$/);
    expect([state.phase, [...timers.keys()]]).toEqual(['idle', []]);
  });

  it('begins anew with nothing of the last one, but goes on counting its requests', () => {
    const { library, ctx, answer, lose, fire, accept, receive, packets, greet } = connected();
    library.submit(ctx, 'a', get);
    answer(1, got, 41);
    lose();
    fire('zk/pause');
    accept();
    receive({ kind: 'ConnectResponse', session: 0, password: 0, timeoutUs: 0 });
    library.open(ctx);
    greet(78);
    library.submit(ctx, 'b', get);
    expect(packets()).toEqual([
      { kind: 'ConnectRequest', lastZxid: 0, timeoutUs: 600_000, session: 0, password: 0 },
      { kind: 'Request', xid: 2, op: get },
    ]);
  });

  it('that is closed is over, and nothing more is heard of it', () => {
    const { library, ctx, answer, told, state, closed, lose } = connected();
    library.submit(ctx, 'end', { op: 'close' });
    answer(1, { op: 'close' });
    lose();
    expect([told, state.phase, closed]).toEqual([['session', 'end: close'], 'idle', [1]]);
  });
});

describe('a request', () => {
  it('ends as unknown with its connection, sent or not, and is not repeated', () => {
    const { library, ctx, lose, told, fire, packets, greet, lostAs } = connected();
    library.submit(ctx, 'sent', get);
    lose();
    expect(told.slice(1)).toEqual(['suspended', 'sent: connection-loss']);
    library.submit(ctx, 'waiting', get);
    fire('zk/pause');
    lose();
    expect(told.slice(3)).toEqual(['waiting: connection-loss']);
    expect(lostAs).toEqual(['sent: 77 1', 'waiting: 77 0']);
    fire('zk/pause');
    greet();
    expect(packets()).toHaveLength(1);
  });

  it('is answered in its turn: a server that has lost count is left', () => {
    const { library, ctx, answer, told, closed } = connected();
    library.submit(ctx, 'a', get);
    library.submit(ctx, 'b', get);
    answer(2, got);
    expect([told.slice(1), closed]).toEqual([['suspended', 'a: connection-loss', 'b: connection-loss'], [1]]);
  });

  it('of an earlier connection is no business of this one', () => {
    const { library, ctx, lose, fire, greet, told, receive } = connected();
    library.submit(ctx, 'a', get);
    lose();
    fire('zk/pause');
    greet();
    receive({ kind: 'Reply', xid: 1, zxid: 5, result: got }, 1 as ConnectionId);
    lose(1 as ConnectionId);
    expect(told).toEqual(['session', 'suspended', 'a: connection-loss', 'reconnected']);
  });
});

describe('a watch', () => {
  it('stands where the answer allows it, and is told to the next server until it has fired', () => {
    const { library, ctx, answer, receive, lose, fire, greet, packets, told } = connected();
    const asked = [
      [{ op: 'exists', path: '/there', watch: true }, { op: 'exists', stat }],
      [{ op: 'exists', path: '/missing', watch: true }, failure('NoNode')],
      [{ op: 'get', path: '/gone', watch: true }, failure('NoNode')],
      [{ op: 'children', path: '/dir', watch: true }, { op: 'children', children: [], stat }],
      [{ op: 'get', path: '/unwatched', watch: false }, got],
      [{ op: 'get', path: '/fired', watch: true }, got],
    ] as const;
    for (const [at, [op, result]] of asked.entries()) {
      library.submit(ctx, String(at), op);
      answer(at + 1, result);
    }
    receive({ kind: 'WatcherEvent', type: 'NodeDataChanged', path: '/fired', zxid: 6 });
    receive({ kind: 'WatcherEvent', type: 'NodeDataChanged', path: '/dir', zxid: 7 });
    expect(told.at(-1)).toBe('NodeDataChanged /fired'); // That tells only who asked for it.
    lose();
    fire('zk/pause');
    greet();
    expect(packets()[1]).toEqual(
      { kind: 'SetWatches', relativeZxid: 5, data: ['/there'], exists: ['/missing'], children: ['/dir'] });
  });
});

describe('a persistent watch', () => {
  const added = { op: 'add-watch' } as const;
  const removed = { op: 'remove-watches' } as const;
  const event = (type: WatchEventType, path: string): WatcherEvent => ({ kind: 'WatcherEvent', type, path, zxid: 6 });

  it('hears of each event, of its path, or of all below it but for children', () => {
    const { library, ctx, answer, receive, told } = connected();
    library.submit(ctx, 'one', { op: 'add-watch', path: '/a', mode: 'persistent' });
    library.submit(ctx, 'all', { op: 'add-watch', path: '/b', mode: 'persistent-recursive' });
    answer(1, added);
    answer(2, added);
    told.length = 0;
    for (let time = 0; time < 2; time += 1) receive(event('NodeDataChanged', '/a'));
    for (const [type, path] of [
      ['NodeChildrenChanged', '/a'], ['NodeCreated', '/b'], ['NodeCreated', '/b/c/d'], ['NodeChildrenChanged', '/b'],
      ['NodeCreated', '/a/x'], ['NodeCreated', '/bc'],
    ] as const) receive(event(type, path));
    expect(told).toEqual([
      'NodeDataChanged /a', 'NodeDataChanged /a', 'NodeChildrenChanged /a', 'NodeCreated /b', 'NodeCreated /b/c/d',
    ]);
  });

  it('is told to the next server, until its removal is answered', () => {
    const { library, ctx, answer, lose, fire, greet, packets } = connected();
    const again = (): unknown => {
      lose();
      fire('zk/pause');
      greet();
      return packets()[1];
    };
    library.submit(ctx, 'get', get);
    library.submit(ctx, 'one', { op: 'add-watch', path: '/a', mode: 'persistent' });
    library.submit(ctx, 'all', { op: 'add-watch', path: '/', mode: 'persistent-recursive' });
    answer(1, got);
    answer(2, added);
    answer(3, added);
    const standard = { relativeZxid: 5, data: ['/a'], exists: [], children: [] };
    expect(again()).toEqual(
      { kind: 'SetWatches2', ...standard, persistent: ['/a'], persistentRecursive: ['/'] });
    library.submit(ctx, 'lost', { op: 'remove-watches', path: '/a', type: 'any' });
    expect(again()).toMatchObject({ kind: 'SetWatches2', persistent: ['/a'] });
    library.submit(ctx, 'refused', { op: 'remove-watches', path: '/a', type: 'any' });
    answer(5, failure('NoWatcher'));
    library.submit(ctx, 'data', { op: 'remove-watches', path: '/a', type: 'data' });
    answer(6, removed);
    expect(again()).toMatchObject({ data: [], persistent: ['/a'] });
    library.submit(ctx, 'any', { op: 'remove-watches', path: '/a', type: 'any' });
    answer(7, removed);
    expect(again()).toMatchObject({ persistent: [], persistentRecursive: ['/'] });
    library.submit(ctx, 'last', { op: 'remove-watches', path: '/', type: 'any' });
    answer(8, removed);
    expect(again()).toBeUndefined();
  });
});

describe('an event', () => {
  it('that a server tells twice, for two watches of what is gone, is heard once', () => {
    const { library, ctx, answer, receive, told } = connected();
    library.submit(ctx, 'data', { op: 'get', path: '/gone', watch: true });
    answer(1, got);
    library.submit(ctx, 'children', { op: 'children', path: '/gone', watch: true });
    answer(2, { op: 'children', children: [], stat });
    for (let time = 0; time < 2; time += 1) {
      receive({ kind: 'WatcherEvent', type: 'NodeDeleted', path: '/gone', zxid: 6 });
    }
    expect(told.filter((what) => what === 'NodeDeleted /gone')).toHaveLength(1);
  });
});

describe('how long the session was alive', () => {
  it('counts from when what was answered was sent', () => {
    const { library, ctx, answer, pass, state, fire, receive } = connected();
    pass(100);
    library.submit(ctx, 'a', get);
    pass(50);
    answer(1, got);
    expect(state.aliveAtUs).toBe(100_000);
    pass(50);
    fire('zk/ping');
    pass(30);
    receive({ kind: 'Ping', zxid: 5 });
    expect(state.aliveAtUs).toBe(200_000);
  });
});
