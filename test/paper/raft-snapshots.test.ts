import { describe, expect, it } from 'vitest';
import { simple } from '../../src/protocols/raft/configuration.ts';
import type { InstallSnapshot } from '../../src/protocols/raft/messages.ts';
import type { Leader, Snapshot } from '../../src/protocols/raft/state.ts';
import { LOG_FILE, SNAPSHOT_FILE } from '../../src/protocols/raft/state.ts';
import { appendCommand, Cluster, entry, n1, n2, n3 } from '../support/raft/harness.ts';

const everyTwo = { snapshotEvery: 2, snapshotRetained: 0 };

/** A leader of three nodes that has appended, committed and compacted entries while the third was cut off. */
function leftBehind(changes: Record<string, number> = {}): Cluster {
  const cluster = new Cluster({ options: { ...everyTwo, ...changes } });
  cluster.elect(n1);
  cluster.request(n1, { kind: 'register' });
  cluster.settle([n1, n2]);
  for (let value = 1; value <= 4; value += 1) {
    cluster.request(n1, appendCommand(value));
    cluster.settle([n1, n2]);
  }
  return cluster;
}

/** The list `k` as a node has it. */
function listAt(cluster: Cluster, id: typeof n1): unknown {
  const { service } = cluster.state(id).machine as { service: { lists: Map<string, { values: unknown }> } };
  return service.lists.get('k')?.values;
}

const chunkOf = (changes: Partial<InstallSnapshot>): InstallSnapshot => ({
  kind: 'InstallSnapshot', term: 1, requestId: 1, sentAtUs: 0, lastIncludedIndex: 2, lastIncludedTerm: 1, timeUs: 0,
  configuration: simple([n1, n2, n3]), offset: 0, data: '', done: false, ...changes,
});

describe('§7 log compaction', () => {
  it('a snapshot replaces what it covers only once it is on the disk', () => {
    const cluster = new Cluster({ options: everyTwo });
    cluster.elect(n1);
    cluster.request(n1, { kind: 'register' });
    cluster.sync(n1);
    const [first] = cluster.take(n1);
    cluster.receive(n2, n1, first?.message as never);
    cluster.sync(n2);
    for (const { message } of cluster.take(n2)) cluster.receive(n1, n2, message as never);
    expect(cluster.state(n1).durable.snapshot?.lastIncludedIndex).toBe(2);
    expect(cluster.state(n1).durable.log.baseIndex).toBe(0);
    cluster.sync(n1);
    expect(cluster.disk(n1).synced.cell(SNAPSHOT_FILE)).toMatchObject({ lastIncludedIndex: 2, lastIncludedTerm: 1 });
    expect(cluster.state(n1).durable.log).toEqual({ baseIndex: 2, baseTerm: 1, entries: [] });
  });

  it('takes the time of the log with it, as of when it came', () => {
    const { snapshot } = leftBehind().state(n1).durable;
    const S = 1_000_000;
    const cluster = new Cluster({ options: { logTime: 'all' } });
    cluster.nowUs = 9 * S;
    const { lastIncludedIndex = 0, data = '' } = snapshot ?? {};
    cluster.receive(n2, n1, chunkOf({ lastIncludedIndex, timeUs: 8 * S, data, done: true }));
    cluster.sync(n2);
    cluster.nowUs = 10 * S;
    cluster.elect(n2);
    expect(cluster.state(n2).durable.log.entries.at(-1)?.timeUs).toBe(9 * S);
  });

  it('keeps some entries for followers that lag a little', () => {
    const cluster = leftBehind({ snapshotRetained: 1 });
    const { log, snapshot } = cluster.state(n1).durable;
    expect(log.baseIndex).toBe((snapshot?.lastIncludedIndex ?? 0) - 1);
  });

  it('a node comes back from its snapshot and the entries behind it, sessions included', () => {
    const cluster = leftBehind();
    const { digest, lastApplied } = cluster.state(n1);
    cluster.crash(n1, 'machine');
    cluster.restart(n1);
    expect(cluster.state(n1).commitIndex).toBe(cluster.state(n1).durable.snapshot?.lastIncludedIndex);
    cluster.elect(n2, [n1, n2]);
    cluster.fire(n2, 'heartbeat');
    cluster.settle([n1, n2]);
    expect(cluster.state(n1).lastApplied).toBe(lastApplied + 1);
    expect(listAt(cluster, n1)).toEqual([1, 2, 3, 4]);
    expect(cluster.state(n1).digest).toBe(digest);
  });

  it('a follower that lacks what was compacted gets the snapshot in chunks, and goes on from it', () => {
    const cluster = leftBehind({ snapshotChunkBytes: 50 });
    cluster.take();
    cluster.fire(n1, 'heartbeat');
    const chunks: InstallSnapshot[] = [];
    while (cluster.state(n3).commitIndex < cluster.state(n1).commitIndex) {
      for (const id of [n1, n2, n3]) cluster.sync(id);
      for (const { from, to, message } of cluster.take()) {
        if (message.kind === 'InstallSnapshot') chunks.push(message as InstallSnapshot);
        if (to <= n3) cluster.receive(to, from, message as never);
      }
      expect(chunks.length).toBeLessThan(20);
    }
    const sizes = chunks.map(({ offset, data }) => [offset, data.length]);
    expect(sizes.length).toBeGreaterThan(2);
    sizes.forEach(([offset], at) => expect(offset).toBe(50 * at));
    expect(chunks.map(({ done }) => done)).toEqual(chunks.map((_, at) => at === chunks.length - 1));
    expect(listAt(cluster, n3)).toEqual([1, 2, 3, 4]);
    expect(cluster.state(n3).digest).toBe(cluster.state(n1).digest);
    cluster.settle();
    expect((cluster.state(n1).role as Leader).feed[n3]).toBe('replicate');
  });
});

describe('Figure 13: InstallSnapshot', () => {
  const data = (): string => {
    const cluster = leftBehind();
    return (cluster.state(n1).durable.snapshot as Snapshot).data;
  };

  it('is on the disk before the log goes: a crash in between finds one of them whole', () => {
    const cluster = new Cluster({ disks: [{ term: 1 }, { term: 1, terms: [1] }, { term: 1 }] });
    cluster.receive(n2, n1, chunkOf({ data: data(), done: true, lastIncludedIndex: 6 }));
    expect(cluster.state(n2).durable.log.entries).toHaveLength(1);
    expect(cluster.take(n2)).toEqual([]);
    cluster.crash(n2, 'machine');
    cluster.restart(n2);
    expect(cluster.terms(n2)).toEqual([1]);
    cluster.receive(n2, n1, chunkOf({ data: data(), done: true, lastIncludedIndex: 6 }));
    cluster.sync(n2);
    expect(cluster.state(n2).durable.log).toEqual({ baseIndex: 6, baseTerm: 1, entries: [] });
    cluster.crash(n2, 'machine'); // The snapshot is synced, that the log was dropped is not.
    expect(cluster.disk(n2).synced.log(LOG_FILE)).toHaveLength(1);
    cluster.restart(n2);
    expect(cluster.state(n2)).toMatchObject({ commitIndex: 6, lastApplied: 6 });
    expect(cluster.disk(n2).synced.head(LOG_FILE)).toEqual({ dropped: 6, mark: { term: 1 } });
  });

  it('keeps the entries behind it if the log holds its last entry, and drops the whole log otherwise', () => {
    for (const [terms, kept] of [[[1, 1, 1], 1], [[1, 2, 2], 0]] as const) {
      const cluster = new Cluster({ disks: [{ term: 2 }, { term: 2, terms }, { term: 2 }] });
      cluster.receive(n2, n1, chunkOf({ term: 2, data: data(), done: true }));
      cluster.sync(n2);
      expect(cluster.state(n2).durable.log).toMatchObject({ baseIndex: 2, baseTerm: 1 });
      expect(cluster.terms(n2)).toHaveLength(kept);
    }
  });

  it('is sent again from where a follower is that has lost what it had, and not for the sake of a late answer', () => {
    const cluster = leftBehind({ snapshotChunkBytes: 50 });
    cluster.take();
    cluster.fire(n1, 'heartbeat');
    const sent = (): InstallSnapshot[] => cluster.take(n1).filter(({ to }) => to === n3)
      .map(({ message }) => message as InstallSnapshot);
    const step = (chunk: InstallSnapshot): InstallSnapshot[] => {
      cluster.receive(n3, n1, chunk);
      cluster.sync(n3);
      const reply = cluster.takeOne(n3);
      cluster.receive(n1, n3, reply);
      const next = sent();
      cluster.receive(n1, n3, { ...reply, received: 0 } as never); // Late, of a time when it had nothing.
      expect(sent()).toEqual([]);
      return next;
    };
    const [probe] = sent();
    const [first] = step(probe as InstallSnapshot);
    const [second] = step(first as InstallSnapshot);
    const [third] = step(second as InstallSnapshot);
    expect(third?.offset).toBe(100);
    cluster.crash(n3, 'process');
    cluster.restart(n3);
    cluster.receive(n3, n1, first as InstallSnapshot); // It comes once more, and late.
    cluster.receive(n3, n1, third as InstallSnapshot);
    cluster.sync(n3);
    const replies = cluster.take(n3).map(({ message }) => message);
    cluster.receive(n1, n3, replies[1] as never);
    expect(sent().map(({ offset }) => offset)).toEqual([50]);
  });

  it('never takes a node back', () => {
    const cluster = leftBehind();
    const { commitIndex, digest } = cluster.state(n2);
    cluster.take();
    cluster.receive(n2, n1, chunkOf({ data: 'of long ago', done: true }));
    cluster.sync(n2);
    expect(cluster.state(n2)).toMatchObject({ commitIndex, digest });
    expect(cluster.takeOne(n2)).toMatchObject({ kind: 'InstallSnapshotReply', isInstalled: true });
  });

  it('chunks come in the order of their offsets, and never from two snapshots', () => {
    const cluster = new Cluster();
    const whole = data();
    const half = whole.length >> 1;
    cluster.receive(n2, n1, chunkOf({ data: whole.slice(0, half) }));
    cluster.receive(n2, n1, chunkOf({ data: whole.slice(0, half) })); // Twice.
    cluster.receive(n2, n1, chunkOf({ offset: half + 1, data: whole.slice(half + 1), done: true })); // A gap.
    const other = { term: 2, lastIncludedIndex: 3, offset: half, data: whole.slice(half), done: true };
    cluster.receive(n2, n3, chunkOf(other));
    cluster.sync(n2);
    expect(cluster.take(n2).map(({ message }) => 'received' in message && message.received))
      .toEqual([half, half, half, 0]);
    expect(cluster.state(n2).installing).toBeNull();
    cluster.receive(n2, n3, chunkOf({ term: 2, data: whole.slice(0, half) }));
    cluster.receive(n2, n3, chunkOf({ term: 2, offset: half, data: whole.slice(half), done: true }));
    cluster.sync(n2);
    expect(cluster.state(n2).commitIndex).toBe(2);
    expect(listAt(cluster, n2)).toEqual(listAt(leftBehind(), n1));
  });

  it('keeps the follower quiet while it comes', () => {
    const cluster = new Cluster();
    cluster.fire(n2, 'election');
    cluster.receive(n2, n1, chunkOf({ data: 'x' }));
    expect(cluster.state(n2).role.kind).toBe('follower');
    expect(cluster.timer(n2, 'election')).toBeDefined();
  });

  it('appends nothing behind a log that is about to be replaced', () => {
    const cluster = new Cluster({ disks: [{ term: 1 }, { term: 1, terms: [1] }, { term: 1 }] });
    cluster.receive(n2, n1, chunkOf({ data: data(), done: true, lastIncludedIndex: 6 }));
    cluster.receive(n2, n1, {
      kind: 'AppendEntries', term: 1, requestId: 2, sentAtUs: 0, prevLogIndex: 1, prevLogTerm: 1,
      entries: [entry(1, 2)], leaderCommit: 0,
    });
    expect(cluster.terms(n2)).toEqual([1]);
    expect(cluster.take(n2)).toEqual([]);
  });
});
