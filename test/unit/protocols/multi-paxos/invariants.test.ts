import { describe, expect, it } from 'vitest';
import type { ClusterInfo, Monitor } from '../../../../src/contract/invariant.ts';
import type { Message } from '../../../../src/contract/message.ts';
import { defaultOptions, type Options } from '../../../../src/contract/options.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { ballotOf } from '../../../../src/protocols/multi-paxos/ballot.ts';
import type { Governing } from '../../../../src/protocols/multi-paxos/configuration.ts';
import { NO_LIVES } from '../../../../src/protocols/multi-paxos/lives.ts';
import { declaredInvariants } from '../../../../src/protocols/multi-paxos/invariants.ts';
import { NO_OP, type PaxosMessage, type Value } from '../../../../src/protocols/multi-paxos/messages.ts';
import { paxosInvariants } from '../../../../src/protocols/multi-paxos/monitor.ts';
import { paxosOptions } from '../../../../src/protocols/multi-paxos/options.ts';
import {
  BALLOT_FILE, JOURNAL_FILE, type Leader, type PaxosState,
} from '../../../../src/protocols/multi-paxos/state.ts';
import { listStore } from '../../../../src/services/kv.ts';
import { SessionMachine } from '../../../../src/services/sessions.ts';
import { Disk } from '../../../../src/world/disk.ts';
import { appendCommand, c1, Cluster, command, n1, n2, n3, register } from '../../../support/multi-paxos/harness.ts';

/** Nodes in a test's hand, the monitor that watches them, and the ids of what it has reported. */
interface Watched {
  readonly cluster: Cluster;
  readonly monitor: Required<Pick<Monitor<PaxosState>, 'onSend' | 'onAppend' | 'onDrop' | 'afterEvent' | 'onStarted'>>;
  readonly reported: string[];
  /** A message leaves, of which nothing is on a disk. */
  readonly send: (from: NodeId, message: PaxosMessage) => void;
}

function watched(options: Partial<Options> = {}): Watched {
  const reported: string[] = [];
  const info: ClusterInfo = {
    nodes: [n1, n2, n3],
    options: { ...defaultOptions(paxosOptions), ...options } as Options,
    machine: new SessionMachine(listStore),
    nameOf: (process) => `n${process + 1}`,
    monotonicUs: () => clockUs(),
  };
  const clockUs = (): number => cluster.nowUs;
  const monitor = paxosInvariants.observe(info, ({ id }) => { reported.push(id); }) as Watched['monitor'];
  const cluster = new Cluster({ options, monitor });
  const send = (from: NodeId, message: PaxosMessage): void => {
    const to = from === n1 ? n2 : n1;
    monitor.onSend(from, to, message, new Disk().synced);
  };
  return { cluster, monitor, reported, send };
}

const counted = (prepare: number, accept: number): readonly Governing[] => {
  const members = [n1, n2, n3];
  return [{ from: 1, era: 0, members, quorums: { kind: 'counted', members, prepare, accept } }];
};

const [low, high] = [ballotOf(20, n1), ballotOf(30, n2)];

/** In slot 7, `first` is accepted by a quorum in a low ballot, and `second` proposed, and perhaps accepted, above. */
function chooseTwice({ send }: Watched, first: Value, second: Value, isAccepted: boolean): void {
  send(n1, { kind: 'Accept', ballot: low, slot: 7, value: first });
  for (const node of [n2, n3]) send(node, { kind: 'Accepted', ballot: low, slot: 7, lives: NO_LIVES });
  send(n2, { kind: 'Accept', ballot: high, slot: 7, value: second });
  if (isAccepted) for (const node of [n1, n3]) send(node, { kind: 'Accepted', ballot: high, slot: 7, lives: NO_LIVES });
}

/** The state of a leader, changed. */
function leading({ cluster }: Watched, changes: Partial<Leader>): PaxosState {
  return { ...cluster.state(n1), role: { ...cluster.leader(n1), ...changes } };
}

interface Case {
  readonly breaks: (on: Watched) => void;
  readonly allows: (on: Watched) => void;
}

/** For each invariant, what breaks it, and the nearest thing that does not. */
const cases: Readonly<Record<string, Case>> = {
  P1: {
    breaks: (on) => { chooseTwice(on, NO_OP, command(1), true); },
    allows: (on) => { chooseTwice(on, command(1), command(1), true); },
  },
  P2: {
    breaks: ({ send }) => { send(n1, { kind: 'Decide', ballot: low, slot: 7, value: NO_OP }); },
    allows: (on) => {
      chooseTwice(on, NO_OP, NO_OP, false);
      on.send(n1, { kind: 'Decide', ballot: low, slot: 7, value: NO_OP });
    },
  },
  P3: {
    breaks: ({ send }) => { send(n1, { kind: 'Accept', ballot: low, slot: 7, value: command(99) }); },
    allows: ({ send }) => { send(n1, { kind: 'Accept', ballot: low, slot: 7, value: command(1) }); },
  },
  P4: {
    breaks: ({ send }) => {
      for (const value of [command(1), NO_OP]) send(n1, { kind: 'Accept', ballot: low, slot: 7, value });
    },
    allows: ({ send }) => {
      for (let copy = 0; copy < 2; copy++) send(n1, { kind: 'Accept', ballot: low, slot: 7, value: command(1) });
    },
  },
  P5: {
    breaks: ({ cluster, monitor }) => {
      const state = cluster.state(n2);
      monitor.afterEvent(n2, { ...state, durable: { ...state.durable, promised: state.durable.promised - 1 } });
    },
    allows: ({ cluster, monitor }) => { monitor.afterEvent(n2, cluster.state(n2)); },
  },
  P6: {
    breaks: ({ monitor, send }) => {
      send(n2, { kind: 'Promised', ballot: high, accepted: [], truncatedTo: 0, lives: NO_LIVES });
      monitor.onAppend(n2, JOURNAL_FILE, 9, { slot: 7, ballot: low, value: NO_OP });
    },
    allows: ({ monitor, send }) => {
      send(n2, { kind: 'Promised', ballot: low, accepted: [], truncatedTo: 0, lives: NO_LIVES });
      monitor.onAppend(n2, JOURNAL_FILE, 9, { slot: 7, ballot: low, value: NO_OP });
    },
  },
  P7: {
    breaks: ({ cluster, monitor }) => {
      monitor.onAppend(n2, JOURNAL_FILE, 9, { slot: 7, ballot: high, value: NO_OP });
      monitor.afterEvent(n2, cluster.state(n2));
    },
    allows: ({ cluster, monitor }) => {
      const state = cluster.state(n2);
      monitor.onAppend(n2, JOURNAL_FILE, 9, { slot: 7, ballot: high, value: NO_OP });
      monitor.afterEvent(n2, { ...state, durable: { ...state.durable, promised: high } });
    },
  },
  P8: {
    breaks: ({ send }) => {
      send(n2, { kind: 'Promised', ballot: high, accepted: [], truncatedTo: 0, lives: NO_LIVES });
    },
    allows: ({ monitor }) => {
      const disk = new Disk();
      disk.put(BALLOT_FILE, { promised: high, round: 0 });
      monitor.onSend(n2, n1, { kind: 'Promised', ballot: high } as Message, disk.written);
    },
  },
  P9: {
    breaks: (on) => { chooseTwice(on, command(1), NO_OP, false); },
    allows: (on) => { chooseTwice(on, command(1), command(1), false); },
  },
  P10: {
    breaks: ({ cluster, monitor }) => {
      monitor.afterEvent(n1, { ...cluster.state(n1), configurations: counted(2, 1) });
    },
    allows: ({ cluster, monitor }) => {
      monitor.afterEvent(n1, { ...cluster.state(n1), configurations: counted(3, 1) });
    },
  },
  P11: {
    breaks: ({ cluster, send }) => {
      cluster.crash(n1, 'process');
      cluster.restart(n1);
      send(n1, { kind: 'Prepare', ballot: ballotOf(1, n1), fromSlot: 1 });
    },
    allows: ({ send }) => { send(n1, { kind: 'Prepare', ballot: ballotOf(1, n1), fromSlot: 1 }); },
  },
  P12: {
    breaks: ({ cluster, monitor }) => {
      const state = cluster.state(n2);
      monitor.afterEvent(n2, { ...state, executed: state.executed + 2 });
    },
    allows: ({ cluster }) => {
      cluster.request(n1, appendCommand(2));
      cluster.settle();
    },
  },
  P13: {
    breaks: ({ cluster, monitor }) => {
      cluster.state(n1).durable.truncatedTo = 1;
      monitor.onDrop(n1, JOURNAL_FILE, 1);
    },
    allows: ({ monitor }) => { monitor.onDrop(n1, JOURNAL_FILE, 1); },
  },
  P14: {
    breaks: ({ send }) => { send(n1, { kind: 'Accept', ballot: low, slot: 67, value: NO_OP }); },
    allows: ({ send }) => { send(n1, { kind: 'Accept', ballot: low, slot: 66, value: NO_OP }); },
  },
  P15: {
    breaks: (on) => {
      const state = leading(on, { leaseReads: 1 });
      on.cluster.elect(n2);
      on.monitor.afterEvent(n1, state);
    },
    allows: (on) => { on.monitor.afterEvent(n1, leading(on, { leaseReads: 1 })); },
  },
  P16: {
    breaks: (on) => {
      const [own, other] = on.cluster.leader(n1).promises;
      if (own === undefined || other === undefined) throw new Error('two promises make a quorum');
      const shown = (ballot: number, value: Value) => [{ slot: 9, ballot, value }];
      const promises = [{ ...own, accepted: shown(5, command(1)) }, { ...other, accepted: shown(6, NO_OP) }];
      on.monitor.afterEvent(n1, leading(on, { promises, adopted: new Map([[9, command(1)]]), barrier: 9 }));
    },
    allows: (on) => {
      const [own, other] = on.cluster.leader(n1).promises;
      if (own === undefined || other === undefined) throw new Error('two promises make a quorum');
      const shown = (ballot: number, value: Value) => [{ slot: 9, ballot, value }];
      const promises = [{ ...own, accepted: shown(5, command(1)) }, { ...other, accepted: shown(6, NO_OP) }];
      on.monitor.afterEvent(n1, leading(on, { promises, adopted: new Map([[9, NO_OP]]), barrier: 9 }));
    },
  },
};

/** Two slots are chosen and executed everywhere. */
function begun(options: Partial<Options> = {}): Watched {
  const on = watched(options);
  on.cluster.elect(n1);
  on.cluster.request(n1, register);
  on.cluster.request(n1, appendCommand(1));
  on.cluster.settle();
  return on;
}

describe('invariants of Multi-Paxos', () => {
  it('are declared once each, with a case for each', () => {
    expect(declaredInvariants.map(({ id }) => id)).toEqual(Object.keys(cases));
  });

  it('hold while leaders follow each other, snapshots are taken and nodes come back', () => {
    const { cluster, reported } = watched({ snapshotEvery: 2, snapshotRetained: 0 });
    for (const [round, leader] of [n1, n2, n3, n1].entries()) {
      cluster.elect(leader);
      if (round === 0) cluster.request(leader, register);
      for (let value = 1; value <= 3; value++) {
        cluster.request(leader, appendCommand(3 * round + value));
        cluster.settle();
        cluster.beat(leader);
      }
      cluster.crash(leader, 'machine');
      cluster.restart(leader);
    }
    expect(cluster.state(n2).executed).toBe(13);
    expect(cluster.state(n2).durable.truncatedTo).toBeGreaterThan(0);
    expect(reported).toEqual([]);
  });

  it('P15 is reported of two masters at one instant of true time, and not of one after the other', () => {
    const lease = { reads: 'lease', masterLease: 800_000, replicaLease: 1_000_000 };
    const masters = (sinceUs: number): string[] => {
      const { cluster, monitor, reported } = begun(lease);
      cluster.beat(n1);
      const until = cluster.leader(n1).leaseUntilUs;
      expect(until).toBe(800_000);
      cluster.nowUs = sinceUs;
      monitor.afterEvent(n2, {
        ...cluster.state(n2), role: { ...cluster.leader(n1), ballot: high, leaseUntilUs: sinceUs + 1 },
      });
      return reported.filter((id) => id === 'P15');
    };
    expect(masters(799_999)).toEqual(['P15']);
    expect(masters(800_000)).toEqual([]);
  });

  it('P15 is reported of a master in a lower ballot than the last one had', () => {
    const { cluster, monitor, reported } = begun({ reads: 'lease' });
    const led = { ...cluster.leader(n1), leaseUntilUs: 1 };
    monitor.afterEvent(n2, { ...cluster.state(n2), role: { ...led, ballot: high } });
    cluster.nowUs = 5;
    monitor.afterEvent(n3, { ...cluster.state(n3), role: { ...led, ballot: low, leaseUntilUs: 6 } });
    expect(reported).toContain('P15');
  });

  it('P15 is reported of what was asked of one master and answered by another one', () => {
    const answered = (epoch: number): string[] => {
      const { cluster, monitor, reported } = begun({ checkEpoch: true });
      const id = cluster.request(n1, appendCommand(2), low);
      const body = { kind: 'executed', result: null, slot: 9, epoch };
      monitor.onSend(n1, c1, { kind: 'ClientResponse', id, body } as Message, new Disk().synced);
      return reported;
    };
    expect(answered(high)).toEqual(['P15']);
    expect(answered(low)).toEqual([]);
  });

  it('P15 is reported of a command that is executed behind the entry of a later master', () => {
    const executed = (refused: number): string[] => {
      const { cluster, monitor, reported } = begun({ checkEpoch: true });
      const state = cluster.state(n2);
      const stale: Value = { kind: 'command', timeUs: 0, epoch: low, command: appendCommand(2) };
      const decided = new Map([...state.decided, [state.executed + 1, stale]]);
      monitor.afterEvent(n2, { ...state, decided, executed: state.executed + 1, refused });
      return reported.filter((id) => id === 'P15');
    };
    expect(executed(0)).toEqual(['P15']);
    expect(executed(1)).toEqual([]);
  });

  for (const [id, { breaks, allows }] of Object.entries(cases)) {
    it(`${id} is reported of what breaks it, once, and not of its neighbour`, () => {
      const bad = begun();
      expect(bad.reported).toEqual([]);
      breaks(bad);
      expect(bad.reported.filter((found) => found === id)).toEqual([id]);
      const good = begun();
      allows(good);
      expect(good.reported).not.toContain(id);
    });
  }
});
