import { describe, expect, it } from 'vitest';
import type { Plain } from '../../src/contract/message.ts';
import type { AppendEntries } from '../../src/protocols/raft/messages.ts';
import { appendCommand, Cluster, n1, n2, n3 } from '../support/raft/harness.ts';

const read: Plain = {
  kind: 'execute', session: 1, sequence: 9, acknowledged: 9, operation: { f: 'read', key: 'k', value: null },
};

/** A leader that has committed an append, with nothing on its way. */
function ready(options: Record<string, string | number | boolean>): Cluster {
  const cluster = new Cluster({ options: { reads: 'read-index', ...options } });
  cluster.elect(n1);
  cluster.request(n1, { kind: 'register' });
  cluster.request(n1, appendCommand(1));
  cluster.settle();
  cluster.fire(n1, 'heartbeat');
  cluster.settle();
  cluster.answers();
  return cluster;
}

const confirm = (cluster: Cluster, from: typeof n1, message: AppendEntries, term = 1): void => {
  const { requestId, sentAtUs, prevLogIndex: matchIndex } = message;
  cluster.receive(n1, from, { kind: 'AppendEntriesAccepted', term, requestId, sentAtUs, matchIndex });
};

describe('thesis §6.4: ReadIndex', () => {
  it('answers once a majority has answered what was sent after the read came', () => {
    const cluster = ready({});
    cluster.fire(n1, 'heartbeat');
    const [before] = cluster.take(n1);
    const id = cluster.request(n1, read);
    const [after] = cluster.take(n1);
    confirm(cluster, n2, before?.message as AppendEntries);
    expect(cluster.answers().size).toBe(0);
    confirm(cluster, n2, after?.message as AppendEntries);
    expect(cluster.answers().get(id)).toEqual({ kind: 'applied', result: { kind: 'ok', value: [1] }, index: 3 });
    expect(cluster.state(n1).durable.log.entries).toHaveLength(3);
  });

  it('a rejection confirms as well as an acceptance, and one of an earlier term confirms nothing', () => {
    const cluster = ready({});
    const id = cluster.request(n1, read);
    const [sent] = cluster.take(n1);
    const { requestId } = sent?.message as AppendEntries;
    cluster.receive(n1, n2, { kind: 'AppendEntriesRejected', term: 0, requestId, sentAtUs: 0, conflictIndex: 1 });
    expect(cluster.answers().size).toBe(0);
    cluster.receive(n1, n2, { kind: 'AppendEntriesRejected', term: 1, requestId, sentAtUs: 0, conflictIndex: 4 });
    expect(cluster.answers().has(id)).toBe(true);
  });

  it('what was sent in an earlier term is not answered in a later one, as if it were of that one', () => {
    const cluster = new Cluster({ disks: [{ term: 3 }, { term: 3 }, { term: 3 }] });
    cluster.receive(n2, n1, {
      kind: 'AppendEntries', term: 1, requestId: 500, sentAtUs: 0, prevLogIndex: 0, prevLogTerm: 0, entries: [],
      leaderCommit: 0,
    });
    expect(cluster.takeOne(n2)).toEqual({ kind: 'Outdated', term: 3 });
  });

  it('a leader that has not committed in its term serves reads through its log', () => {
    const cluster = ready({});
    cluster.elect(n2, [n2, n3]);
    const disks = [{ term: 1, terms: [1] }, { term: 1 }, { term: 1 }];
    const fresh = new Cluster({ options: { reads: 'read-index' }, disks });
    fresh.fire(n1, 'election');
    fresh.sync(n1);
    fresh.receive(n1, n2, { kind: 'RequestVoteReply', term: 2, voteGranted: true });
    fresh.request(n1, read);
    expect(fresh.terms(n1)).toEqual([1, 2, 2]);
  });

  it('reads that come together are confirmed together', () => {
    const cluster = ready({ batchWindow: 1_000 });
    const ids = [cluster.request(n1, read), cluster.request(n1, read), cluster.request(n1, read)];
    expect(cluster.take(n1)).toEqual([]);
    cluster.fire(n1, 'batch');
    expect(cluster.packets).toHaveLength(2);
    cluster.settle();
    expect([...cluster.answers().keys()]).toEqual(ids);
  });

  it('a leader that is deposed says that it does not know', () => {
    const cluster = ready({});
    const id = cluster.request(n1, read);
    cluster.receive(n1, n3, { kind: 'Outdated', term: 9 });
    cluster.sync(n1);
    expect(cluster.answers().get(id)).toEqual({ kind: 'leadership-lost' });
  });
});

describe('thesis §6.4: reads at followers', () => {
  it('a follower asks for the index, and waits until it has applied as much', () => {
    const cluster = ready({ followerReads: true });
    cluster.request(n1, appendCommand(2));
    cluster.settle([n1, n3]);
    const id = cluster.request(n2, read);
    const question = cluster.takeOne(n2);
    const { id: asked } = question as unknown as { id: number };
    expect(question.kind).toBe('ReadIndexRequest');
    cluster.receive(n1, n2, question);
    cluster.settle([n1, n3]);
    cluster.receive(n2, n1, { kind: 'ReadIndexReply', term: 1, id: 0, readIndex: 3 }); // To another question.
    cluster.receive(n2, n1, { kind: 'ReadIndexReply', term: 1, id: asked, readIndex: 4 });
    expect(cluster.answers().size).toBe(1); // Of the append.
    cluster.fire(n1, 'heartbeat');
    cluster.settle();
    expect(cluster.answers().get(id)).toEqual({ kind: 'applied', result: { kind: 'ok', value: [1, 2] }, index: 4 });
  });

  it('ids are never used again, also by the next incarnation', () => {
    const cluster = ready({ followerReads: true });
    const idOf = (): number => {
      cluster.request(n2, read);
      return (cluster.takeOne(n2) as unknown as { id: number }).id;
    };
    const first = [idOf(), idOf()];
    cluster.crash(n2, 'process');
    cluster.nowUs = 50_000;
    cluster.restart(n2);
    cluster.fire(n1, 'heartbeat');
    cluster.settle();
    expect(idOf()).toBeGreaterThan(Math.max(...first));
    expect(first[1]).toBeGreaterThan(first[0] as number);
  });
});

describe('thesis §6.4.1: leases', () => {
  const lease = (leaseDriftBound = 0): Cluster => {
    const cluster = ready({ reads: 'lease', leaseDriftBound });
    cluster.nowUs = 1_000_000;
    cluster.fire(n1, 'heartbeat');
    cluster.nowUs = 1_100_000; // Answers are late.
    cluster.settle();
    return cluster;
  };

  it('lasts an election timeout from when the leader sent, whenever the answers come', () => {
    const cluster = lease();
    cluster.nowUs = 1_149_999;
    const id = cluster.request(n1, read);
    expect(cluster.answers().get(id)).toMatchObject({ kind: 'applied', index: 3 });
    cluster.nowUs = 1_150_000;
    cluster.request(n1, read);
    expect(cluster.answers().size).toBe(0);
    expect(cluster.take(n1)).toHaveLength(2); // It asks, as without a lease.
  });

  it('is shorter by the bound on drift', () => {
    const cluster = lease(100_000);
    cluster.nowUs = 1_000_000 + 136_363;
    cluster.request(n1, read);
    expect(cluster.answers().size).toBe(0);
  });

  it('needs the promise of the followers, whatever the option says', () => {
    const cluster = new Cluster({ options: { reads: 'lease', stickiness: false } });
    cluster.elect(n1);
    cluster.take();
    cluster.receive(n2, n3, { kind: 'RequestVote', term: 9, lastLogIndex: 9, lastLogTerm: 9, isTransfer: false });
    cluster.sync(n2);
    expect(cluster.take(n2)).toEqual([]);
  });

  it('ends with a transfer, and does not come back in the term', () => {
    const cluster = lease();
    cluster.order(n1, 'transfer', n2);
    cluster.take();
    cluster.fire(n1, 'transfer');
    cluster.request(n1, read);
    expect(cluster.answers().size).toBe(0);
  });
});
