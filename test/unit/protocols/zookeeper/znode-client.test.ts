import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../../src/contract/message.ts';
import { nodeId, type NodeId } from '../../../../src/kernel/ids.ts';
import { askDirectly, type Asking, askRegisters } from '../../../../src/protocols/zookeeper/client/asking.ts';
import { SessionLibrary } from '../../../../src/protocols/zookeeper/client/library.ts';
import { ZnodeClient } from '../../../../src/protocols/zookeeper/client/znode-client.ts';
import { libraryBench } from '../../../support/zookeeper/library-bench.ts';

/** A client with a session that asks for the same thing over and over, and the ends of what it has asked for. */
function clientBench(asking: Asking, f: string, key: string, value: Plain, Library = SessionLibrary) {
  const turns: (readonly [state: string, server: NodeId | null])[] = [];
  const ends: { readonly type: string; readonly value: Plain; readonly error: string | undefined }[] = [];
  const made: ZnodeClient[] = [];
  const bench = libraryBench((own) => {
    const libraries: SessionLibrary[] = [];
    made.push(new ZnodeClient({
      asking, self: nodeId(3), nodes: own.servers, options: {}, clients: 1, sessionTimeoutUs: own.timeoutUs,
      processes: [0], processStride: 1, operations: 0, isOfTree: true, kind: 'znodes', steps: null,
      source: { thinkUs: () => 1_000, next: () => ({ f, key, value }) },
      recorder: {
        invoke: () => undefined, event: () => undefined,
        session: ({ state, server }) => { turns.push([state, server]); },
        complete: (_process, type, _f, _key, told, error) => { ends.push({ type, value: told, error }); },
      },
      createLibrary: (init) => {
        libraries.push(new Library(init));
        return libraries[0] as SessionLibrary;
      },
    }));
    return libraries[0] as SessionLibrary;
  });
  const client = made[0] as ZnodeClient;
  client.onStart(bench.ctx);
  bench.greet();
  return { ...bench, ends, turns, ask: (): void => { client.onTimer(bench.ctx, 'think/0'); } };
}

describe('an operation without an answer', () => {
  it('tells which request of its session it was, or that it was not sent', () => {
    const { ask, lose, fire, receive, accept, ends } = clientBench(askDirectly, 'delete', '/a', { version: -1 });
    ask();
    lose();
    fire('zk/pause');
    accept();
    ask();
    receive({ kind: 'ConnectResponse', session: 0, password: 0, timeoutUs: 0 });
    expect(ends).toEqual([
      { type: 'info', value: { session: 77, xid: 1 }, error: 'connection-loss' },
      // The session that it was asked in, though the next one has begun.
      { type: 'info', value: { session: 77, xid: 0 }, error: 'session-expired' },
    ]);
  });

  it('on a register is what was asked for: its checkers know nothing of sessions', () => {
    const { ask, lose, ends } = clientBench(askRegisters('local'), 'write', 'k0', 7);
    ask();
    lose();
    expect(ends).toEqual([{ type: 'info', value: 7, error: 'connection-loss' }]);
  });
});

/** It is over for itself when it has no connection. */
class Presuming extends SessionLibrary {
  protected override presumesExpired(): boolean {
    return true;
  }
}

describe('a close', () => {
  it('ends the use of its session without an answer, too: what is left of it may end the session at any time', () => {
    const { ask, lose, accept, greet, state, ends, turns } = clientBench(askDirectly, 'close', '/', null);
    ask();
    lose();
    expect(ends).toEqual([{ type: 'info', value: { session: 77, xid: 1 }, error: 'connection-loss' }]);
    expect(state).toMatchObject({ phase: 'connecting', session: 0, password: 0 });
    accept();
    greet();
    ask();
    // The second is told of the process that asks next: the first one never had its answer.
    expect(turns.map(([turn]) => turn)).toEqual(['connected', 'disconnected', 'disconnected', 'connected']);
    expect(state.sent).toMatchObject([{ op: { op: 'close' }, xid: 2 }]);
  });

  it('that was not sent in time ends it as well', () => {
    const { ask, lose, fire, state, ends } = clientBench(askDirectly, 'close', '/', null);
    lose();
    ask();
    fire('zk/pause');
    lose();
    expect(ends).toEqual([{ type: 'info', value: { session: 77, xid: 0 }, error: 'connection-loss' }]);
    expect(state).toMatchObject({ phase: 'connecting', session: 0, queued: [] });
  });
});

describe('what a client knows of its session', () => {
  it('names the server that it is connected to, and the one that has said that the session is over', () => {
    const { lose, fire, accept, receive, turns, state } = clientBench(askDirectly, 'delete', '/a', { version: -1 });
    const first = turns[0]?.[1];
    lose();
    fire('zk/pause');
    const next = state.server;
    accept();
    receive({ kind: 'ConnectResponse', session: 0, password: 0, timeoutUs: 0 });
    expect(next).not.toBe(first);
    expect(turns).toEqual([['connected', first], ['disconnected', null], ['expired', next]]);
    expect([first, next]).not.toContain(null);
  });

  it('names nobody where nobody has said it', () => {
    const { lose, fire, turns } = clientBench(askDirectly, 'delete', '/a', { version: -1 }, Presuming);
    lose();
    fire('zk/pause');
    expect(turns.slice(1)).toEqual([['disconnected', null], ['expired', null]]);
  });
});
