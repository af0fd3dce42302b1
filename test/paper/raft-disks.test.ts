import { describe, expect, it } from 'vitest';
import { CORRUPT } from '../../src/contract/disk.ts';
import { LOG_FILE } from '../../src/protocols/raft/state.ts';
import { appendCommand, Cluster, n1, n2, n3 } from '../support/raft/harness.ts';

/** The first of three nodes leads, and all have three entries: its no-op and two commands. */
function led(): Cluster {
  const cluster = new Cluster();
  cluster.elect(n1);
  for (const value of [1, 2]) {
    cluster.request(n1, appendCommand(value));
    cluster.settle();
  }
  return cluster;
}

describe('an entry that cannot be read', () => {
  it('at the end of the log is a torn write, and is cut off', () => {
    const cluster = led();
    cluster.crash(n2, 'machine');
    cluster.disk(n2).append(LOG_FILE, CORRUPT);
    cluster.restart(n2);
    expect(cluster.terms(n2)).toEqual([1, 1, 1]);
    expect(cluster.disk(n2).written.log(LOG_FILE)).toHaveLength(3);
    cluster.request(n1, appendCommand(3));
    cluster.settle();
    expect(cluster.terms(n2)).toEqual([1, 1, 1, 1]);
  });

  it('before others keeps its server from voting, standing and acknowledging', () => {
    const cluster = led();
    cluster.crash(n2, 'machine');
    cluster.disk(n2).corrupt({ file: LOG_FILE, index: 2, pick: () => 0 });
    cluster.restart(n2);
    cluster.take();
    cluster.receive(n2, n3, { kind: 'RequestVote', term: 2, lastLogIndex: 9, lastLogTerm: 1, isTransfer: false });
    cluster.receive(n2, n1, {
      kind: 'AppendEntries', term: 1, requestId: 99, sentAtUs: 0, prevLogIndex: 0, prevLogTerm: 0, entries: [],
      leaderCommit: 0,
    });
    cluster.sync(n2);
    expect(cluster.timer(n2, 'election')).toBeUndefined();
    expect(cluster.take(n2)).toEqual([]);
  });
});
