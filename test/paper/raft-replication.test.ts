import { describe, expect, it } from 'vitest';
import type { AppendEntries } from '../../src/protocols/raft/messages.ts';
import type { Leader } from '../../src/protocols/raft/state.ts';
import { LOG_FILE, VOTE_FILE } from '../../src/protocols/raft/state.ts';
import { appendCommand, Cluster, entry, n1, n2, n3 } from '../support/raft/harness.ts';

const sentTo = (cluster: Cluster, id: typeof n1): AppendEntries[] =>
  cluster.take(n1).filter(({ to }) => to === id).map(({ message }) => message as AppendEntries);

/** A leader whose followers keep up. */
function led(options: Record<string, number | boolean>): Cluster {
  const cluster = new Cluster({ options });
  cluster.elect(n1);
  cluster.fire(n1, 'heartbeat');
  cluster.settle();
  return cluster;
}

describe('flow control', () => {
  it('has so many messages under way to a follower, and goes on when one is acknowledged', () => {
    const cluster = led({ maxInflightMessages: 2 });
    for (let value = 1; value <= 3; value += 1) cluster.request(n1, appendCommand(value));
    const sent = sentTo(cluster, n2);
    expect(sent.map(({ entries }) => entries.length)).toEqual([1, 1]);
    cluster.receive(n1, n2, {
      kind: 'AppendEntriesAccepted', term: 1, requestId: sent[0]?.requestId ?? 0, sentAtUs: 0, matchIndex: 2,
    });
    expect(sentTo(cluster, n2).map(({ prevLogIndex, entries }) => [prevLogIndex, entries.length])).toEqual([[3, 1]]);
  });

  it('a full window does not keep heartbeats back, and a rejection of one empties it', () => {
    const cluster = led({ maxInflightMessages: 1 });
    cluster.request(n1, appendCommand(1)); // Lost on its way.
    cluster.take();
    cluster.fire(n1, 'heartbeat');
    const [beat] = sentTo(cluster, n2);
    expect(beat).toMatchObject({ prevLogIndex: 2, entries: [] });
    cluster.receive(n2, n1, beat as AppendEntries);
    cluster.receive(n1, n2, cluster.takeOne(n2));
    expect((cluster.state(n1).role as Leader).feed[n2]).toBe('probe');
    expect(sentTo(cluster, n2)).toMatchObject([{ prevLogIndex: 1, entries: [{ term: 1 }] }]);
  });

  it('bounds messages and what is under way in bytes, but lets a single larger one through', () => {
    const size = entry(1, 1).bytes;
    const cluster = led({ maxBytesPerMessage: 2 * size, maxInflightBytes: size });
    for (let value = 1; value <= 3; value += 1) cluster.request(n1, appendCommand(value));
    const [first, ...more] = sentTo(cluster, n2);
    expect([first?.entries.length, more]).toEqual([1, []]);
    cluster.receive(n1, n2, {
      kind: 'AppendEntriesAccepted', term: 1, requestId: first?.requestId ?? 0, sentAtUs: 0, matchIndex: 2,
    });
    expect(sentTo(cluster, n2).map(({ entries }) => entries.length)).toEqual([2]);
    const tiny = led({ maxBytesPerMessage: 1 });
    tiny.request(n1, appendCommand(1));
    expect(sentTo(tiny, n2).map(({ entries }) => entries.length)).toEqual([1]);
  });

  it('takes no command when too much is uncommitted, and takes them again when it is committed', () => {
    const cluster = led({ maxUncommittedBytes: entry(1, 1).bytes });
    cluster.request(n1, { kind: 'register' });
    cluster.request(n1, appendCommand(1));
    const refused = cluster.request(n1, appendCommand(2));
    cluster.settle();
    expect(cluster.answers().get(refused)).toEqual({ kind: 'busy' });
    const taken = cluster.request(n1, appendCommand(2));
    cluster.settle();
    expect(cluster.answers().get(taken)).toMatchObject({ kind: 'applied' });
    expect((cluster.state(n1).role as Leader).uncommittedBytes).toBe(0);
  });

  it('what earlier leaders left uncommitted keeps nobody from taking a command', () => {
    const cluster = new Cluster({
      options: { maxUncommittedBytes: 1, noOpOnElection: false },
      disks: [{ term: 1, terms: [1, 1, 1] }, { term: 1 }, { term: 1 }],
    });
    cluster.elect(n1);
    cluster.request(n1, { kind: 'register' });
    expect(cluster.terms(n1)).toEqual([1, 1, 1, 2]);
  });

  it('collects commands for a while, and sends them together', () => {
    const cluster = led({ batchWindow: 1_000 });
    cluster.request(n1, appendCommand(1));
    cluster.request(n1, appendCommand(2));
    expect(sentTo(cluster, n2)).toEqual([]);
    cluster.fire(n1, 'batch');
    expect(sentTo(cluster, n2).map(({ entries }) => entries.length)).toEqual([2]);
  });
});

describe('forwarding', () => {
  it('a follower hands a command on, and the leader answers the client', () => {
    const cluster = led({ forwarding: true });
    const id = cluster.request(n2, { kind: 'register' });
    cluster.settle();
    expect(cluster.answers().get(id)).toMatchObject({ kind: 'applied', result: { kind: 'registered' } });
  });

  it('is not done twice', () => {
    const cluster = led({ forwarding: true });
    cluster.request(n2, { kind: 'register' });
    const forward = cluster.takeOne(n2);
    cluster.receive(n3, n2, forward);
    expect([...cluster.answers().values()]).toEqual([{ kind: 'not-leader', leader: null }]);
  });

  it('without a leader, a command is refused or dropped', () => {
    for (const withoutLeader of ['error', 'drop']) {
      const cluster = new Cluster({ options: { withoutLeader } });
      cluster.request(n1, { kind: 'register' });
      expect(cluster.answers().size).toBe(withoutLeader === 'error' ? 1 : 0);
    }
  });
});

describe('asynchronous storage', () => {
  const append = (term: number, requestId: number, entryTerm = term): AppendEntries => ({
    kind: 'AppendEntries', term, requestId, sentAtUs: 0, prevLogIndex: 0, prevLogTerm: 0,
    entries: [entry(entryTerm, 1)], leaderCommit: 0,
  });

  it('acknowledges a write when it is complete, and no other', () => {
    const cluster = new Cluster({ options: { asyncStorage: true } });
    cluster.receive(n2, n1, append(1, 1));
    expect(cluster.take(n2)).toEqual([]);
    cluster.sync(n2);
    expect(cluster.takeOne(n2)).toMatchObject({ kind: 'AppendEntriesAccepted', requestId: 1, matchIndex: 1 });
  });

  it('takes no completion of an earlier term for one of this term (etcd-io/raft 897e1cf)', () => {
    const cluster = new Cluster({ options: { asyncStorage: true } });
    cluster.receive(n2, n1, append(1, 1));
    cluster.receive(n2, n3, append(2, 1));
    cluster.receive(n2, n1, append(3, 1, 1));
    cluster.sync(n2);
    expect(cluster.take(n2).map(({ to, message }) => [to, message])).toMatchObject([[n1, { term: 3, matchIndex: 1 }]]);
  });
});

describe('a durable state machine', () => {
  it('comes back with what it has applied, and applies nothing twice', () => {
    const cluster = led({ durableMachine: true });
    cluster.request(n1, { kind: 'register' });
    cluster.request(n1, appendCommand(1));
    cluster.settle();
    cluster.sync(n1);
    cluster.request(n1, appendCommand(2));
    cluster.settle();
    const { digest } = cluster.state(n1);
    cluster.crash(n1, 'process');
    cluster.restart(n1);
    expect(cluster.state(n1).lastApplied).toBeGreaterThan(1);
    cluster.elect(n2, [n1, n2]);
    cluster.fire(n2, 'heartbeat');
    cluster.settle([n1, n2]);
    expect(cluster.state(n1).digest).toBe(digest);
  });
});

describe('the disk of another server', () => {
  it('a server that finds an empty disk and is not new takes no part', () => {
    const cluster = new Cluster({ disks: [{ term: 1 }] });
    const empty = cluster.state(n1);
    expect(empty.isAmnesiac).toBe(false);
    const fresh = new Cluster();
    fresh.crash(n1, 'process');
    fresh.disk(n1).put(VOTE_FILE, undefined);
    fresh.restart(n1);
    expect(fresh.state(n1).isAmnesiac).toBe(true);
    fresh.receive(n1, n2, { kind: 'RequestVote', term: 9, lastLogIndex: 9, lastLogTerm: 9, isTransfer: false });
    fresh.sync(n1);
    expect(fresh.take()).toEqual([]);
  });
});

describe('beginnings', () => {
  it('logs and terms can be given, as in Figure 7', () => {
    const cluster = new Cluster({ initial: { terms: { n1: 7 }, logs: { n1: [1, 1, 4], n2: [1] } } });
    expect([cluster.state(n1).durable.currentTerm, cluster.terms(n1), cluster.terms(n2)]).toEqual([7, [1, 1, 4], [1]]);
    expect(cluster.disk(n1).synced.log(LOG_FILE)).toHaveLength(3);
    cluster.order(n1, 'campaign');
    cluster.settle();
    expect(cluster.state(n1)).toMatchObject({ role: { kind: 'leader' }, durable: { currentTerm: 8 } });
    expect(cluster.terms(n2)).toEqual([1, 1, 4, 8]);
  });
});
