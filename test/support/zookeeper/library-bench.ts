import { expect } from 'vitest';
import type { Context, RandomStream } from '../../../src/contract/context.ts';
import { type ConnectionId, nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import {
  type LibraryInit, SessionLibrary, type SessionListener,
} from '../../../src/protocols/zookeeper/client/library.ts';
import type { ClientPacket, ErrorCode, OpResult, Stat } from '../../../src/protocols/zookeeper/messages.ts';

const MS = 1_000;
const lowest: RandomStream = { between: (min) => min, chance: () => false };

export const stat: Stat = {
  czxid: 5, mzxid: 5, pzxid: 5, version: 0, cversion: 0, aversion: 0, ephemeralOwner: 0, dataLength: 0, numChildren: 0,
};

export const failure = (error: ErrorCode): OpResult => ({ op: 'error', error, results: [] });

/**
 * The library on the bench, at three servers; a session of 600 ms is asked for. What it says on which connection, what
 * it tells, and its timers in ms.
 */
export function libraryBench(make: (init: LibraryInit) => SessionLibrary = (init) => new SessionLibrary(init)) {
  const said: { readonly connection: ConnectionId; readonly packet: ClientPacket }[] = [];
  const connections: NodeId[] = [];
  const closed: ConnectionId[] = [];
  const timers = new Map<string, number>();
  const told: string[] = [];
  /** Of each request that was lost, as what it was sent. */
  const lostAs: string[] = [];
  let clockUs = 0;
  const refuse = (): never => { throw new Error('a library does not do that'); };
  const ctx: Context = {
    self: nodeId(3), peers: [],
    connect: (to) => connections.push(to) as ConnectionId,
    close: (connection) => { closed.push(connection); },
    sendOn: (connection, message) => { said.push({ connection, packet: message as ClientPacket }); },
    setTimer: (name, afterUs) => { timers.set(name, afterUs / MS); },
    cancelTimer: (name) => { timers.delete(name); },
    random: () => lowest,
    note: () => undefined,
    monotonicUs: () => clockUs,
    wallUs: refuse, send: refuse, broadcast: refuse, reply: refuse, sendNow: refuse, put: refuse, append: refuse,
    truncateFrom: refuse, dropUntil: refuse, persist: refuse, allocate: refuse, sendOnNow: refuse, continueAs: refuse,
  };
  const listener: SessionListener = {
    onSession: (_ctx, isNew) => { told.push(isNew ? 'session' : 'reconnected'); },
    onSuspended: () => { told.push('suspended'); },
    onExpired: (_ctx, by) => { told.push(by === null ? 'expired' : `expired by n${by + 1}`); },
    onEnd: (_ctx, tag, _op, end) => {
      told.push(`${tag}: ${end.kind === 'answered' ? end.result.op : end.kind}`);
      if (end.kind !== 'answered') lostAs.push(`${tag}: ${end.session} ${end.xid}`);
    },
    onEvent: (_ctx, { type, path }) => { told.push(`${type} ${path}`); },
  };
  const library = make({ servers: [0, 1, 2].map(nodeId), timeoutUs: 600 * MS, prefix: 'zk/', listener });
  const last = (): ConnectionId => connections.length as ConnectionId;
  const receive = (packet: ClientPacket, connection: ConnectionId = last()): void => {
    library.onReceived(ctx, connection, packet);
  };
  return {
    library, ctx, said, told, lostAs, timers, closed, connections, receive,
    state: library.state,
    pass: (ms: number): void => { clockUs += ms * MS; },
    /** The packets of the last connection. */
    packets: (): ClientPacket[] => said.filter(({ connection }) => connection === last()).map(({ packet }) => packet),
    accept: (): void => { library.onConnected(ctx, last()); },
    /** The last connection is accepted, and the session confirmed. */
    greet: (session = 77): void => {
      library.onConnected(ctx, last());
      receive({ kind: 'ConnectResponse', session, password: 9, timeoutUs: 600 * MS });
    },
    lose: (connection: ConnectionId = last()): void => { library.onClosed(ctx, connection); },
    answer: (xid: number, result: OpResult, zxid = 5): void => { receive({ kind: 'Reply', xid, zxid, result }); },
    fire: (name: string): void => {
      expect(timers.delete(name), `timer ${name} runs`).toBe(true);
      library.onTimer(ctx, name);
    },
  };
}
