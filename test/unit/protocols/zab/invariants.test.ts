import { describe, expect, it } from 'vitest';
import type { ConnectionId, NodeId } from '../../../../src/kernel/ids.ts';
import { declaredInvariants } from '../../../../src/protocols/zab/invariants.ts';
import type { QuorumPacket, Txn } from '../../../../src/protocols/zab/messages.ts';
import { LOG_FILE, type Leading, type ZabState } from '../../../../src/protocols/zab/state.ts';
import { type Zxid, zxidOf } from '../../../../src/protocols/zab/zxid.ts';
import { Disk } from '../../../../src/world/disk.ts';
import { n1, n2, n3, Stage } from '../../../support/zab/stage.ts';

const SECOND = 99 as ConnectionId;
const nothing = new Disk().synced;

/** Three nodes that n3 leads in epoch 1; all have 1:1 to 1:4. */
function running(): Stage {
  const stage = new Stage();
  stage.begin();
  stage.append(1, 3);
  stage.pass(20);
  return stage;
}

const txnOf = (zxid: Zxid, command = 'x'): Txn => ({ zxid, timeUs: 0, command });

function send({ monitor }: Stage, from: NodeId, packet: QuorumPacket, synced = nothing): void {
  monitor.onSend(from, from === n1 ? n2 : n1, packet, synced, SECOND);
}

/** n3 leads on, as `changes` say. */
function leading({ state }: { readonly state: ZabState }, changes: Partial<Leading>): ZabState {
  return { ...state, role: { ...(state.role as Leading), ...changes } };
}

const of = (stage: Stage, id: NodeId): { readonly state: ZabState } => ({ state: stage.state(id) });

/** A state whose log ends with one more transaction, which the monitor is told of. */
function logged(stage: Stage, id: NodeId, txn: Txn): ZabState {
  const state = stage.state(id);
  const { log } = state.durable;
  stage.monitor.onAppend(id, LOG_FILE, log.dropped + log.entries.length + 1, txn);
  const entries = [...log.entries, txn];
  return { ...state, durable: { ...state.durable, log: { ...log, entries } } };
}

/** n2 is established as the leader of epoch 2, with or without all that is committed. */
function succeed(stage: Stage): void {
  const { monitor } = stage;
  const state = stage.state(n2);
  const role: Leading = { ...stage.leader(), epoch: 2, phase: 'synchronisation', committedTo: 0 };
  const durable = { ...state.durable, acceptedEpoch: 2, currentEpoch: 2 };
  monitor.afterEvent(n2, { ...state, role: { ...role }, durable });
  const established = { ...role, phase: 'broadcast' as const };
  monitor.afterEvent(n2, { ...state, role: established, durable });
}

/** n3 proposes 1:5. */
function propose(stage: Stage): Txn {
  const txn = txnOf(zxidOf(1, 5));
  send(stage, n3, { kind: 'DIFF', zxid: zxidOf(1, 4) });
  send(stage, n3, { kind: 'PROPOSAL', txn });
  return txn;
}

interface Case {
  readonly breaks: (stage: Stage) => void;
  readonly allows: (stage: Stage) => void;
}

/** For each invariant, what breaks it, and the nearest thing that does not. */
const cases: Readonly<Record<string, Case>> = {
  Z1: {
    breaks: (stage) => {
      const state = stage.state(n2);
      stage.monitor.afterEvent(n2, leading({ state: { ...state, role: stage.leader() } }, { epoch: 1 }));
    },
    allows: (stage) => { stage.monitor.afterEvent(n3, stage.state(n3)); },
  },
  Z2: {
    breaks: (stage) => { logged(stage, n1, txnOf(zxidOf(1, 5))); },
    allows: (stage) => { logged(stage, n1, propose(stage)); },
  },
  Z3: {
    breaks: (stage) => { stage.monitor.afterEvent(n1, { ...stage.state(n1), applied: zxidOf(1, 3), digest: 0 }); },
    allows: (stage) => { stage.monitor.afterEvent(n1, stage.state(n1)); },
  },
  Z4: {
    breaks: (stage) => {
      propose(stage);
      const six = txnOf(zxidOf(1, 6));
      send(stage, n3, { kind: 'PROPOSAL', txn: six });
      logged(stage, n1, six);
    },
    allows: (stage) => { logged(stage, n1, propose(stage)); },
  },
  Z5: {
    breaks: (stage) => {
      const state = logged(stage, n1, propose(stage));
      stage.monitor.afterEvent(n1, { ...state, applied: zxidOf(1, 5) });
    },
    allows: (stage) => { stage.monitor.afterEvent(n1, logged(stage, n1, propose(stage))); },
  },
  Z6: {
    breaks: (stage) => {
      stage.monitor.onAppend(n3, LOG_FILE, 5, txnOf(zxidOf(1, 5)));
      stage.monitor.onTruncate(n3, LOG_FILE, 5);
      stage.monitor.onAppend(n3, LOG_FILE, 5, txnOf(zxidOf(1, 6)));
      for (const counter of [5, 6]) {
        stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxidOf(1, counter) }));
      }
    },
    allows: (stage) => {
      const { zxid } = propose(stage);
      stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxid }));
    },
  },
  Z7: {
    breaks: (stage) => {
      stage.monitor.onAppend(n3, LOG_FILE, 5, txnOf(zxidOf(1, 6)));
      stage.monitor.onAppend(n3, LOG_FILE, 5, txnOf(zxidOf(1, 5)));
      for (const counter of [6, 5]) {
        stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxidOf(1, counter) }));
      }
    },
    allows: (stage) => {
      const { zxid } = propose(stage);
      stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxid }));
    },
  },
  Z8: {
    breaks: (stage) => {
      const { zxid } = propose(stage);
      succeed(stage);
      stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxid }));
    },
    allows: (stage) => {
      const { zxid } = propose(stage);
      stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxid }));
      succeed(stage);
    },
  },
  Z9: {
    breaks: (stage) => {
      const { zxid } = propose(stage);
      stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxid }));
      succeed(stage);
    },
    allows: (stage) => { succeed(stage); },
  },
  Z10: {
    breaks: (stage) => {
      const { zxid } = propose(stage);
      stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxid }));
    },
    allows: (stage) => { stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: zxidOf(1, 4) })); },
  },
  Z11: {
    breaks: (stage) => {
      const state = stage.state(n1);
      stage.monitor.afterEvent(n1, { ...state, durable: { ...state.durable, currentEpoch: 2 } });
    },
    allows: (stage) => {
      const state = stage.state(n1);
      stage.monitor.afterEvent(n1, { ...state, durable: { ...state.durable, acceptedEpoch: 2 } });
    },
  },
  Z12: {
    breaks: (stage) => {
      send(stage, n3, { kind: 'DIFF', zxid: zxidOf(1, 2) });
      send(stage, n3, { kind: 'PROPOSAL', txn: stage.state(n3).durable.log.entries[3] as Txn });
    },
    allows: (stage) => {
      send(stage, n3, { kind: 'DIFF', zxid: zxidOf(1, 3) });
      send(stage, n3, { kind: 'PROPOSAL', txn: stage.state(n3).durable.log.entries[3] as Txn });
    },
  },
  Z13: {
    breaks: (stage) => {
      for (const [id, digest] of [[n1, 7], [n2, 8]] as const) {
        const state = logged(stage, id, id === n1 ? propose(stage) : txnOf(zxidOf(1, 5)));
        stage.monitor.afterEvent(id, { ...state, applied: zxidOf(1, 5), digest });
      }
    },
    allows: (stage) => {
      for (const id of [n1, n2]) {
        const state = logged(stage, id, id === n1 ? propose(stage) : txnOf(zxidOf(1, 5)));
        stage.monitor.afterEvent(id, { ...state, applied: zxidOf(1, 5), digest: 7 });
      }
    },
  },
  Z14: {
    breaks: (stage) => { stage.monitor.afterEvent(n1, { ...stage.state(n1), applied: zxidOf(1, 5) }); },
    allows: (stage) => { stage.monitor.afterEvent(n1, stage.state(n1)); },
  },
  Z15: {
    breaks: (stage) => { stage.monitor.afterEvent(n1, { ...stage.state(n1), illegal: 'UPTODATE' }); },
    allows: (stage) => { stage.monitor.afterEvent(n1, stage.state(n1)); },
  },
  Z16: {
    breaks: (stage) => {
      const role: Leading = { ...stage.leader(), epoch: 2, phase: 'synchronisation' };
      stage.monitor.afterEvent(n2, { ...stage.state(n2), role });
      send(stage, n2, { kind: 'PROPOSAL', txn: txnOf(zxidOf(2, 1)) });
    },
    allows: (stage) => { propose(stage); },
  },
  Z17: {
    breaks: (stage) => { send(stage, n1, { kind: 'ACK', zxid: zxidOf(1, 4) }); },
    allows: (stage) => { send(stage, n1, { kind: 'ACK', zxid: zxidOf(1, 4) }, stage.world.process(n1).disk.synced); },
  },
};

describe('the monitor of Zab', () => {
  it('has a case for each invariant that it declares', () => {
    expect(Object.keys(cases)).toEqual(declaredInvariants.map(({ id }) => id));
  });

  it('reports nothing of a cluster that does what it should', () => {
    const stage = running();
    stage.crash(n3);
    stage.settle(2);
    stage.restart(n3);
    stage.settle();
    expect(stage.texts).toEqual([]);
  });

  for (const [id, { breaks, allows }] of Object.entries(cases)) {
    it(`${id} is reported where it is broken`, () => {
      const stage = running();
      breaks(stage);
      expect(stage.reported).toContain(id);
    });

    it(`${id} is not reported where it just holds`, () => {
      const stage = running();
      allows(stage);
      expect(stage.reported).not.toContain(id);
    });
  }

  // n2 is late: its last ACK was under way when n1 began epoch 3, with 1:5, and committed 3:1.
  for (const hasMissed of [true, false]) {
    it(`Z9 ${hasMissed ? 'is' : 'is not'} reported of a late leader ${hasMissed ? 'without' : 'with'} 1:5`, () => {
      const stage = running();
      const before = propose(stage);
      const own = txnOf(zxidOf(3, 1));
      stage.monitor.afterEvent(n3, leading(of(stage, n3), { committedTo: before.zxid }));
      const role: Leading = { ...stage.leader(), epoch: 3, phase: 'synchronisation', committedTo: 0 };
      const state = logged(stage, n1, before);
      stage.monitor.afterEvent(n1, { ...state, role: { ...role } });
      stage.monitor.afterEvent(n1, { ...state, role: { ...role, phase: 'broadcast' } });
      send(stage, n1, { kind: 'DIFF', zxid: before.zxid });
      send(stage, n1, { kind: 'PROPOSAL', txn: own });
      stage.monitor.afterEvent(n1, { ...state, role: { ...role, phase: 'broadcast', committedTo: own.zxid } });
      if (!hasMissed) logged(stage, n2, before);
      succeed(stage);
      const told = 'Z9: n2 leads in epoch 2 without 1:5, which is committed';
      expect(stage.texts.filter((text) => text.startsWith('Z9'))).toEqual(hasMissed ? [told] : []);
    });
  }

  it('Z11 is reported where an epoch is on a disk without its history', () => {
    const stage = running();
    stage.crash(n3);
    stage.settle(2);
    stage.crash(n1);
    stage.world.process(n1).disk.truncateFrom(LOG_FILE, 2);
    stage.restart(n1);
    expect(stage.texts).toEqual([
      'Z11: epoch 2 is on the disk of n1, but not the history that it begins with, up to 1:4',
    ]);
  });
});
