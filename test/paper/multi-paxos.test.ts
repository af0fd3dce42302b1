import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/kernel/ids.ts';
import { ballotOf } from '../../src/protocols/multi-paxos/ballot.ts';
import { NO_LIVES } from '../../src/protocols/multi-paxos/lives.ts';
import type { Accept, Prepare, Promised, Rejoined, Value } from '../../src/protocols/multi-paxos/messages.ts';
import { appendCommand, Cluster, command, n1, n2, n3, n4, n5, register } from '../support/multi-paxos/harness.ts';

const ballot = ballotOf;
const noOp: Value = { kind: 'no-op' };
const prepare = (of: number, fromSlot = 1): Prepare => ({ kind: 'Prepare', ballot: of, fromSlot });
const accept = (of: number, slot: number, value: Value): Accept => ({ kind: 'Accept', ballot: of, slot, value });
const promised = (of: number, accepted: Promised['accepted'] = [], truncatedTo = 0): Promised =>
  ({ kind: 'Promised', ballot: of, accepted, truncatedTo, lives: NO_LIVES });

describe('Paxos Made Simple, section 2.2: the acceptor', () => {
  it('P1a: promises a ballot, and then refuses whatever is lower, with the name of what it has promised', () => {
    const cluster = new Cluster();
    cluster.receive(n3, n2, prepare(ballot(2, n2)));
    cluster.settle([n3]);
    cluster.receive(n3, n1, prepare(ballot(2, n1)));
    cluster.receive(n3, n1, accept(ballot(1, n1), 1, command(1)));
    expect(cluster.take(n3).map(({ message }) => message)).toEqual([
      { kind: 'Preempted', ballot: ballot(2, n1), promised: ballot(2, n2) },
      { kind: 'Preempted', ballot: ballot(1, n1), promised: ballot(2, n2) },
    ]);
    expect(cluster.state(n3).durable.accepted.size).toBe(0);
  });

  it('a promise leaves only when it is on the disk, and survives the machine', () => {
    const cluster = new Cluster();
    cluster.receive(n3, n2, prepare(ballot(2, n2)));
    expect(cluster.take(n3)).toEqual([]);
    cluster.sync(n3);
    expect(cluster.take(n3).map(({ message }) => message)).toEqual([promised(ballot(2, n2))]);
    cluster.crash(n3, 'machine');
    cluster.restart(n3);
    expect(cluster.state(n3).durable.promised).toBe(ballot(2, n2));
  });

  it('an acceptance leaves only when it is on the disk, and raises the promise', () => {
    const cluster = new Cluster();
    cluster.receive(n3, n1, accept(ballot(2, n1), 1, command(1)));
    expect(cluster.take(n3)).toEqual([]);
    cluster.sync(n3);
    const answer = { kind: 'Accepted', ballot: ballot(2, n1), slot: 1, lives: NO_LIVES };
    expect(cluster.takeKind(n3, 'Accepted')).toEqual([answer]);
    cluster.crash(n3, 'machine');
    cluster.restart(n3);
    expect(cluster.state(n3).durable.promised).toBe(ballot(2, n1));
    expect(cluster.state(n3).durable.accepted.get(1)).toEqual({ slot: 1, ballot: ballot(2, n1), value: command(1) });
  });

  it('shows the highest ballot of each slot that it is asked about, and answers a copy the same', () => {
    const cluster = new Cluster();
    cluster.receive(n3, n1, accept(ballot(1, n1), 1, command(1)));
    cluster.receive(n3, n1, accept(ballot(1, n1), 3, command(3)));
    cluster.receive(n3, n2, accept(ballot(2, n2), 3, command(4)));
    cluster.sync(n3);
    cluster.take(n3);
    for (let copy = 0; copy < 2; copy++) cluster.receive(n3, n1, prepare(ballot(3, n1), 2));
    cluster.sync(n3);
    const answer = promised(ballot(3, n1), [{ slot: 3, ballot: ballot(2, n2), value: command(4) }]);
    expect(cluster.takeKind(n3, 'Promised')).toEqual([answer, answer]);
  });
});

describe('unique ballots', () => {
  it('a round is on the disk before it is used, and is not used again after a restart', () => {
    const cluster = new Cluster();
    cluster.fire(n1, 'election');
    expect(cluster.take(n1)).toEqual([]);
    cluster.sync(n1);
    expect(cluster.takeKind(n1, 'Prepare')).toEqual([prepare(ballot(1, n1)), prepare(ballot(1, n1))]);
    cluster.crash(n1, 'machine');
    cluster.restart(n1);
    cluster.fire(n1, 'election');
    cluster.sync(n1);
    expect(cluster.takeKind(n1, 'Prepare')[0]).toEqual(prepare(ballot(2, n1)));
  });

  it('a proposer goes above every ballot that it has seen, and repeats the same until it is pre-empted', () => {
    const cluster = new Cluster();
    cluster.receive(n1, n2, prepare(ballot(7, n2)));
    cluster.fire(n1, 'election');
    cluster.sync(n1);
    cluster.take(n1);
    cluster.fire(n1, 'prepare');
    expect(cluster.takeKind(n1, 'Prepare')).toEqual([prepare(ballot(8, n1)), prepare(ballot(8, n1))]);
  });
});

describe('Paxos Made Simple, sections 2.3 and 3: what is proposed', () => {
  /** The node prepares ballot (1, n1), and hears these promises. */
  const preparing = (size = 3): Cluster => {
    const cluster = new Cluster({ size });
    cluster.fire(n1, 'election');
    cluster.sync(n1);
    cluster.take(n1);
    return cluster;
  };

  it('P2c: in each slot the value of the highest ballot, a no-op in the hole, and then what clients want', () => {
    const cluster = preparing(5);
    const [low, high] = [ballot(0, n4), ballot(0, n5)];
    cluster.receive(n1, n2, promised(ballot(1, n1), [
      { slot: 1, ballot: high, value: command(1) }, { slot: 3, ballot: low, value: command(2) },
    ]));
    expect(cluster.state(n1).role.kind).toBe('candidate');
    cluster.receive(n1, n3, promised(ballot(1, n1), [
      { slot: 1, ballot: low, value: command(3) }, { slot: 3, ballot: high, value: command(4) },
    ]));
    cluster.request(n1, register);
    const proposed = cluster.takeKind(n1, 'Accept').filter((_, at) => at % 4 === 0);
    expect(proposed.map(({ slot, value }) => [slot, value])).toEqual([
      [1, command(1)], [2, noOp], [3, command(4)], [4, { kind: 'command', timeUs: 0, epoch: 0, command: register }],
    ]);
  });

  it('a promise counts once, and only for the ballot that it was given to', () => {
    const cluster = preparing(5);
    cluster.receive(n1, n2, promised(ballot(1, n1)));
    cluster.receive(n1, n2, promised(ballot(1, n1)));
    cluster.receive(n1, n3, promised(ballot(0, n1)));
    expect(cluster.state(n1).role.kind).toBe('candidate');
    cluster.receive(n1, n3, promised(ballot(1, n1)));
    expect(cluster.state(n1).role.kind).toBe('leader');
  });

  it('an acceptance counts once, in its slot and ballot, and the leader counts its own when it is synced', () => {
    const cluster = preparing(5);
    for (const node of [n2, n3]) cluster.receive(n1, node, promised(ballot(1, n1)));
    cluster.request(n1, register);
    const accepted = (of: number, slot = 1) => ({ kind: 'Accepted', ballot: of, slot, lives: NO_LIVES }) as const;
    cluster.receive(n1, n2, accepted(ballot(1, n1)));
    cluster.receive(n1, n2, accepted(ballot(1, n1)));
    cluster.receive(n1, n3, accepted(ballot(0, n1)));
    cluster.receive(n1, n4, accepted(ballot(1, n1), 2));
    cluster.receive(n1, n3, accepted(ballot(1, n1)));
    expect(cluster.state(n1).executed).toBe(0);
    cluster.sync(n1);
    expect(cluster.state(n1).executed).toBe(1);
    expect(cluster.takeKind(n1, 'Decide').slice(0, 1)).toMatchObject([{ ballot: ballot(1, n1), slot: 1 }]);
  });

  it('nothing is proposed in slots that a member of the quorum has dropped: the leader learns them first', () => {
    const cluster = preparing();
    cluster.receive(n1, n2, promised(ballot(1, n1), [{ slot: 9, ballot: ballot(0, n3), value: command(9) }], 7));
    expect(cluster.packets.filter(({ message }) => message.kind === 'Learn')).toMatchObject([
      { to: n2, message: { fromSlot: 1 } },
    ]);
    cluster.sync(n1);
    expect(cluster.takeKind(n1, 'Accept').map(({ slot }) => slot)).toEqual([8, 8, 9, 9]);
  });
});

describe('PMMC: slots', () => {
  it('slots are chosen out of order and executed in order, on every replica', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    const ids = [register, appendCommand(1)].map((asked) => cluster.request(n1, asked));
    const sent = cluster.take(n1);
    cluster.sync(n1);
    const [first, second] = [1, 2].map((at) => sent.filter(({ to, message }) =>
      to === n2 && (message as Accept).slot === at));
    for (const { message } of second ?? []) cluster.receive(n2, n1, message as Accept);
    cluster.settle([n1, n2]);
    expect(cluster.state(n1)).toMatchObject({ executed: 0 });
    expect([...cluster.state(n1).decided.keys()]).toEqual([2]);
    for (const { message } of first ?? []) cluster.receive(n2, n1, message as Accept);
    cluster.settle([n1, n2]);
    expect([n1, n2].map((id) => cluster.state(id).executed)).toEqual([2, 2]);
    expect(cluster.state(n2).digest).toBe(cluster.state(n1).digest);
    const answers = cluster.answers();
    expect(ids.map((id) => answers.get(id))).toMatchObject([
      { kind: 'executed', slot: 1, epoch: ballot(1, n1) }, { kind: 'executed', slot: 2, epoch: ballot(1, n1) },
    ]);
  });

  it('a leader proposes no further ahead than the window, and takes no more than it may', () => {
    const cluster = new Cluster({ options: { window: 2, maxQueued: 1 } });
    cluster.elect(n1);
    const ids = [register, appendCommand(1), appendCommand(2), appendCommand(3)].map((c) => cluster.request(n1, c));
    expect(new Set(cluster.takeKind(n1, 'Accept').map(({ slot }) => slot))).toEqual(new Set([1, 2]));
    cluster.beat(n1);
    expect(cluster.state(n1).executed).toBe(0); // The messages of these slots were taken away, and are not due again.
    cluster.nowUs += 50_000;
    cluster.beat(n1);
    expect(cluster.state(n1).executed).toBe(3);
    const answers = cluster.answers();
    expect(ids.map((id) => answers.get(id)?.kind)).toEqual(['executed', 'executed', 'executed', 'busy']);
  });

  it('what was not accepted is asked for again, and what was not learned is pulled', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.settle([n1]); // Nobody hears of it.
    cluster.nowUs += 50_000;
    cluster.beat(n1, [n1, n2]);
    expect([n1, n2, n3].map((id) => cluster.state(id).executed)).toEqual([1, 1, 0]);
    cluster.beat(n1);
    expect(cluster.state(n3)).toMatchObject({ executed: 1, digest: cluster.state(n1).digest });
  });

  it('a replica that lacks what is dropped gets a snapshot, and goes on from there', () => {
    const cluster = new Cluster({ options: { snapshotEvery: 4, snapshotRetained: 0, maxEntriesPerMessage: 1 } });
    cluster.elect(n1);
    cluster.request(n1, register);
    for (let value = 1; value <= 5; value++) {
      cluster.request(n1, appendCommand(value));
      cluster.settle([n1, n2]);
    }
    for (let beat = 0; beat < 3; beat++) cluster.beat(n1, [n1, n2]);
    expect(cluster.state(n1).durable).toMatchObject({ truncatedTo: 4, snapshot: { slot: 4 } });
    cluster.beat(n1);
    cluster.beat(n1);
    expect(cluster.events(n3)).toContain('installed-snapshot');
    expect(cluster.state(n3)).toMatchObject({ executed: 6, digest: cluster.state(n1).digest });
  });

  it('nothing is dropped before an accept quorum has it in snapshots on its disks', () => {
    const cluster = new Cluster({ options: { snapshotEvery: 2 } });
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.request(n1, appendCommand(1));
    cluster.settle();
    expect(cluster.state(n1).snapshotSlot).toBe(2);
    cluster.fire(n1, 'heartbeat');
    expect(cluster.state(n1).durable.truncatedTo).toBe(0); // The others have not said so yet.
    cluster.settle();
    cluster.beat(n1);
    expect([n1, n2, n3].map((id) => cluster.state(id).durable.truncatedTo)).toEqual([2, 2, 2]);
  });

  it('a new leader has unfinished proposals of the old one chosen, whose clients learn that nobody can tell', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    const id = cluster.request(n1, register);
    for (const { to, message } of cluster.take(n1)) if (to === n2) cluster.receive(n2, n1, message as Accept);
    cluster.sync(n2);
    cluster.take();
    cluster.elect(n3);
    expect([n1, n2, n3].map((node) => cluster.state(node).executed)).toEqual([1, 1, 1]);
    expect(cluster.answers().get(id)).toEqual({ kind: 'leadership-lost' });
  });
});

describe('proposers that meet', () => {
  it('a pre-empted proposer waits longer each time, up to a bound, and forgets it when somebody leads', () => {
    const cluster = new Cluster({ options: { backOff: 1_000, backOffMax: 4_000 } });
    for (const round of [1, 2, 3, 4]) {
      cluster.fire(n1, 'election');
      cluster.sync(n1);
      cluster.take(n1);
      const own = cluster.state(n1).durable.promised;
      cluster.receive(n1, n2, { kind: 'Preempted', ballot: ballot(0, n1), promised: ballot(99, n2) });
      expect(cluster.state(n1).role.kind).toBe('candidate'); // That was about an earlier ballot.
      cluster.receive(n1, n2, { kind: 'Preempted', ballot: own, promised: own + 1 });
      expect(cluster.state(n1)).toMatchObject({ preemptions: round, role: { kind: 'follower' } });
      // The harness draws numbers that grow by one: what it adds is within the bound of the draws.
      expect(cluster.timer(n1, 'election')).toBeLessThanOrEqual(300_000 + 4_000);
    }
    cluster.receive(n1, n2, accept(ballot(500, n2), 1, noOp));
    expect(cluster.state(n1)).toMatchObject({ preemptions: 0, leaderId: n2 });
  });

  it('without back-off it prepares a higher ballot at once', () => {
    const cluster = new Cluster({ options: { backOff: 0 } });
    cluster.elect(n1);
    cluster.receive(n1, n2, { kind: 'Preempted', ballot: ballot(1, n1), promised: ballot(2, n2) });
    expect(cluster.timer(n1, 'election')).toBe(1);
    cluster.fire(n1, 'election');
    cluster.sync(n1);
    expect(cluster.takeKind(n1, 'Prepare')[0]).toEqual(prepare(ballot(3, n1)));
  });

  it('a leader that no quorum answers steps down; requests are sent to the leader that is known', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    const early = cluster.request(n2, register);
    expect(cluster.answers().get(early)).toEqual({ kind: 'not-leader', leader: n1 });
    cluster.fire(n1, 'check-quorum'); // They have answered the first heartbeat.
    expect(cluster.state(n1).role.kind).toBe('leader');
    cluster.fire(n1, 'check-quorum');
    const late = cluster.request(n1, register);
    expect(cluster.answers().get(late)).toEqual({ kind: 'not-leader', leader: null });
  });
});

describe('fewer messages', () => {
  it('a thrifty leader asks no more than a quorum, others for the next slot, and all with the next heartbeat', () => {
    const cluster = new Cluster({ size: 5, options: { thrifty: true } });
    cluster.elect(n1);
    const asked = (): NodeId[] =>
      cluster.take(n1).filter(({ message: { kind } }) => kind === 'Accept').map(({ to }) => to);
    cluster.request(n1, register);
    expect(asked()).toEqual([n2, n3]);
    cluster.request(n1, appendCommand(1));
    expect(asked()).toEqual([n3, n4]);
    cluster.nowUs = 50_000;
    cluster.fire(n1, 'heartbeat');
    expect(asked()).toEqual([n2, n3, n4, n5, n2, n3, n4, n5]);
  });

  it('a heartbeat names the slots that are chosen, to those who have accepted them in its ballot', () => {
    const cluster = new Cluster({ options: { decides: 'with-heartbeats' } });
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.settle([n1, n2]);
    expect([n1, n2].map((id) => cluster.state(id).executed)).toEqual([1, 0]);
    cluster.receive(n3, n2, accept(ballot(0, n2), 1, noOp));
    cluster.sync(n3);
    cluster.fire(n1, 'heartbeat');
    const [message] = cluster.takeKind(n1, 'Heartbeat');
    if (message === undefined) throw new Error('there is a heartbeat');
    expect(message.decided).toEqual([1]);
    for (const id of [n2, n3]) cluster.receive(id, n1, message);
    expect([n2, n3].map((id) => cluster.state(id).executed)).toEqual([1, 0]);
    cluster.settle();
    expect(cluster.state(n3).executed).toBe(1);
  });
});

describe('Paxos Made Live, section 5.3: epochs', () => {
  const options = { checkEpoch: true };

  it('a new master begins with an entry of its own, and what was asked of another one is refused', () => {
    const cluster = new Cluster({ options });
    cluster.elect(n1);
    expect(cluster.state(n3)).toMatchObject({ executed: 1, epoch: ballot(1, n1) });
    const first = cluster.request(n1, register);
    cluster.settle();
    expect(cluster.answers().get(first)).toMatchObject({ kind: 'executed', epoch: ballot(1, n1) });
    cluster.elect(n2);
    const late = cluster.request(n2, appendCommand(1), ballot(1, n1));
    const asked = cluster.request(n2, appendCommand(1), ballot(2, n2));
    const early = cluster.request(n2, appendCommand(2), ballot(3, n3));
    cluster.settle();
    const answers = cluster.answers();
    expect(answers.get(late)).toEqual({ kind: 'epoch-over', epoch: ballot(2, n2) });
    expect(answers.get(asked)).toMatchObject({ kind: 'executed', epoch: ballot(2, n2) });
    expect(answers.get(early)).toEqual({ kind: 'not-leader', leader: null });
  });

  it('a command that is chosen behind the entry of a later master is not executed, after a snapshot neither', () => {
    const cluster = new Cluster({ options: { ...options, snapshotEvery: 1 } });
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.settle();
    // Slots 3 and 4 are proposed, and n3 hears of the second one only.
    for (const value of [1, 2]) cluster.request(n1, appendCommand(value));
    for (const { to, message } of cluster.take(n1)) {
      if (to === n3 && (message as Accept).slot === 4) cluster.receive(n3, n1, message as Accept);
    }
    cluster.sync(n3);
    cluster.take();
    cluster.crash(n1, 'machine');
    cluster.fire(n2, 'election');
    cluster.sync(n2);
    cluster.receive(n2, n1, promised(ballot(2, n2), []));
    cluster.receive(n2, n1, { kind: 'Accepted', ballot: ballot(2, n2), slot: 3, lives: NO_LIVES });
    cluster.sync(n2);
    expect(cluster.state(n2)).toMatchObject({ executed: 3, epoch: ballot(2, n2) });
    cluster.take();
    cluster.crash(n2, 'process');
    cluster.restart(n2);
    expect(cluster.state(n2).epoch).toBe(ballot(2, n2));
    cluster.elect(n3, [n2, n3]);
    expect(cluster.state(n3)).toMatchObject({ executed: 5, refused: 1, epoch: ballot(2, n3) });
  });
});

describe('disks', () => {
  it('a node that finds an empty disk where it had promised takes no part', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.crash(n3, 'machine');
    cluster.disk(n3).wipe();
    cluster.restart(n3);
    cluster.receive(n3, n2, prepare(ballot(1, n2)));
    cluster.sync(n3);
    expect(cluster.take(n3)).toEqual([]);
  });

  it('with lives it gets back what others know, accepts again, and proposes no more', () => {
    const cluster = new Cluster({ options: { rejoin: 'lives', snapshotEvery: 2 } });
    cluster.elect(n1);
    for (const asked of [register, appendCommand(1), appendCommand(2)]) cluster.request(n1, asked);
    cluster.settle();
    cluster.beat(n1);
    cluster.beat(n1);
    expect(cluster.state(n2).durable.truncatedTo).toBe(2);
    cluster.crash(n3, 'machine');
    cluster.disk(n3).wipe();
    cluster.restart(n3);
    expect(cluster.state(n3).isAmnesiac).toBe(true);
    cluster.settle();
    const { isAmnesiac, durable: { promised, truncatedTo, accepted, lives } } = cluster.state(n3);
    expect([isAmnesiac, promised, truncatedTo]).toEqual([false, ballot(1, n1), 2]);
    expect([...accepted.keys()]).toEqual([3]);
    expect(lives[n3]?.number).toBe(1);
    cluster.request(n1, appendCommand(3));
    cluster.settle([n1, n3]);
    expect(cluster.state(n1).executed).toBe(4);
    cluster.fire(n3, 'election');
    expect(cluster.state(n3).role.kind).toBe('follower');
    cluster.crash(n3, 'machine');
    cluster.restart(n3);
    expect(cluster.state(n3)).toMatchObject({ isAmnesiac: false, durable: { promised: ballot(1, n1) } });
  });

  it('an answer to an attempt before, with the same number, counts for nothing', () => {
    const cluster = new Cluster({ options: { rejoin: 'lives' } });
    cluster.elect(n1);
    cluster.crash(n3, 'machine');
    cluster.disk(n3).wipe();
    cluster.restart(n3);
    cluster.take();
    const before = (number: number, nonce: number): Rejoined => {
      const [first, life] = [{ number: 0, nonce: 0 }, { number, nonce }];
      return { kind: 'Rejoined', lives: [first, first, life], promised: 0, accepted: [], truncatedTo: 0 };
    };
    const { number, nonce } = cluster.state(n3).rejoining?.life ?? { number: 0, nonce: 0 };
    for (const from of [n1, n2]) cluster.receive(n3, from, before(number, nonce + 1));
    cluster.sync(n3);
    expect(cluster.state(n3)).toMatchObject({ isAmnesiac: true, rejoining: { life: { number: number + 1 } } });
  });

  it('answers of a life that is over, as another one of the quorum knows, are not counted', () => {
    const cluster = new Cluster({ size: 5, options: { rejoin: 'lives' } });
    const first = { number: 0, nonce: 0 };
    const lives = [first, first, { number: 1, nonce: 7 }, first, first];
    cluster.fire(n2, 'election');
    cluster.sync(n2);
    const of = ballot(1, n2);
    cluster.receive(n2, n3, promised(of, []));
    cluster.receive(n2, n1, { ...promised(of, []), lives });
    expect(cluster.state(n2).role.kind).toBe('candidate');
    cluster.receive(n2, n3, { ...promised(of, []), lives });
    expect(cluster.leader(n2).promises.map(({ from }) => from)).toEqual([n2, n1, n3]);
    cluster.request(n2, register);
    cluster.sync(n2);
    cluster.receive(n2, n3, { kind: 'Accepted', ballot: of, slot: 1, lives: NO_LIVES });
    cluster.receive(n2, n1, { kind: 'Accepted', ballot: of, slot: 1, lives });
    expect(cluster.state(n2).executed).toBe(0);
    cluster.receive(n2, n4, { kind: 'Accepted', ballot: of, slot: 1, lives: NO_LIVES });
    expect(cluster.state(n2).executed).toBe(1);
  });
});
