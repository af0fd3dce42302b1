import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkLinearizable } from '../../../checkers/index.ts';
import type { Plain } from '../../../src/contract/message.ts';
import type { History } from '../../../src/history/operation.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { Streams } from '../../../src/kernel/streams.ts';
import { raft } from '../../../src/protocols/raft/module.ts';
import { buildWorld } from '../../../src/scenario/build.ts';
import { catalogueWith } from '../../../src/scenario/catalogue.ts';
import { CommitOrder } from '../../../src/scenario/commit-order.ts';
import { parseScenario } from '../../../src/scenario/file/parse.ts';
import { applyProfile } from '../../../src/scenario/profiles.ts';
import { registerStore } from '../../../src/services/kv.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';

const execute = (sequence: number, f: string, value: Plain): Plain =>
  ({ kind: 'execute', session: 1, sequence, acknowledged: 1, operation: { f, key: 'x', value } });

/** A history with one invocation for each of these. */
const historyOf = (...fs: readonly string[]): History =>
  fs.map((f, index) => ({ index, time: index, process: index, type: 'invoke', f, key: 'x', value: null }));

/** A process begins an operation whose invocation has this index, and sends it in session 1. */
const send = (order: CommitOrder, process: number, index: number, sequence: number): void => {
  order.onInvoked(process, index);
  order.onSent(process, 1, sequence);
};

describe('the order in which commands took effect', () => {
  it('is that in which any node executed them first, whoever was answered first', () => {
    const order = new CommitOrder();
    const machine = order.watch(new SessionMachine(registerStore));
    const [ahead, behind] = [machine.initial(), machine.initial()];
    for (const state of [ahead, behind]) machine.apply(state, { kind: 'register', client: 9 }, 0);
    send(order, 0, 0, 1);
    send(order, 1, 1, 2);
    for (const sequence of [2, 1]) machine.apply(ahead, execute(sequence, 'write', sequence), 0);
    machine.apply(behind, execute(2, 'write', 2), 0);
    order.onCompleted(0, 'ok', 1);
    expect(order.orderOf(historyOf('write', 'write'))).toEqual(new Map([['x', [1, 0]]]));
  });

  it('tells of each update that was sent where any node executed it first, or that none has', () => {
    const order = new CommitOrder();
    const machine = order.watch(new SessionMachine(registerStore));
    const state = machine.initial();
    machine.apply(state, { kind: 'register', client: 9 }, 0);
    for (const process of [0, 1, 2, 3]) send(order, process, process, process + 1);
    for (const sequence of [4, 1]) machine.apply(state, execute(sequence, 'write', sequence), 0);
    machine.query(state, execute(3, 'read', null));
    const taken = { node: nodeId(2), epoch: 4, position: 0, untilPlace: Infinity };
    const intake = { takenOf: (session: number, sequence: number) => (session + sequence === 5 ? taken : null) };
    expect(order.updatesOf(historyOf('write', 'write', 'read', 'write'), intake)).toEqual([
      { index: 0, session: 1, taken: null, place: 2 }, { index: 1, session: 1, taken: null, place: null },
      { index: 3, session: 1, taken, place: 0 },
    ]);
  });

  it('has a question where its node stood, by the answer that arrived', () => {
    const order = new CommitOrder();
    const machine = order.watch(new SessionMachine(registerStore));
    const [ahead, behind] = [machine.initial(), machine.initial()];
    for (const state of [ahead, behind]) machine.apply(state, { kind: 'register', client: 9 }, 0);
    send(order, 0, 0, 1);
    send(order, 1, 1, 2);
    send(order, 2, 2, 3);
    machine.apply(ahead, execute(1, 'write', 'a'), 0);
    machine.query(machine.load(machine.save(ahead)), execute(3, 'read', null)); // Saved and loaded in between.
    machine.apply(ahead, execute(2, 'write', 'b'), 0);
    machine.query(ahead, execute(3, 'read', null));
    machine.query(behind, execute(3, 'read', null));
    order.onCompleted(2, 'ok', 'a');
    machine.query(ahead, execute(3, 'read', null)); // A copy that comes late.
    expect(order.orderOf(historyOf('write', 'write', 'read'))).toEqual(new Map([['x', [0, 2, 1]]]));
  });

  it('leaves out what never took effect, and questions without an answer', () => {
    const order = new CommitOrder();
    const machine = order.watch(new SessionMachine(registerStore));
    const state = machine.initial();
    machine.apply(state, { kind: 'register', client: 9 }, 0);
    for (const process of [0, 1, 2]) send(order, process, process, process + 1);
    machine.apply(state, execute(1, 'read', null), 0);
    machine.apply(state, execute(2, 'write', 'a'), 0);
    expect(order.orderOf(historyOf('read', 'write', 'write'))).toEqual(new Map([['x', [1]]]));
  });

  it('remembers the last hundred saved states, and no more', () => {
    const order = new CommitOrder();
    const machine = order.watch(new SessionMachine(registerStore));
    const state = machine.initial();
    machine.apply(state, { kind: 'register', client: 9 }, 0);
    const texts: string[] = [];
    for (let sequence = 1; sequence <= 101; sequence += 1) {
      machine.apply(state, execute(sequence, 'write', sequence), 0);
      texts.push(machine.save(state));
      send(order, sequence, 0, sequence);
    }
    const placeAfter = (text: string | undefined, sequence: number): number => {
      send(order, 0, 1, sequence);
      machine.query(machine.load(text ?? ''), execute(sequence, 'read', null));
      order.onCompleted(0, 'ok', sequence === 200 ? 1 : 2);
      return order.orderOf(historyOf('write', 'read')).get('x')?.indexOf(1) ?? NaN;
    };
    expect(placeAfter(texts[1], 201)).toBe(2); // Behind the second write.
    expect(placeAfter(texts[0], 200)).toBe(0); // Forgotten: before all.
  });

  it('explains what clients of Raft saw, under faults and with every way of reading', () => {
    const file = join(import.meta.dirname, '../../defects/profiles/raft-under-the-swarm-profile.yaml');
    const read = parseScenario(readFileSync(file, 'utf8'), { fileName: file, catalogue: catalogueWith(undefined) });
    const scenario = (read as Extract<typeof read, { readonly ok: true }>).scenario;
    const algorithms: string[] = [];
    for (const seed of ['1', '2', '3', '4', '5', '6']) {
      const streams = new Streams(seed);
      const drawn = applyProfile(scenario, (label) => streams.get(label), raft);
      const built = buildWorld(drawn, {
        module: raft, streams, trace: 'off', freezeMessages: false, meteredEvents: [], without: [],
      });
      built.world.start();
      built.nemesis.start();
      built.world.runUntil(drawn.durationUs);
      const { events } = built.history;
      const order = built.order?.orderOf(events);
      const result = checkLinearizable(events, { model: 'append', order });
      expect(result.verdict).toBe(checkLinearizable(events, { model: 'append' }).verdict);
      algorithms.push(result.algorithm);
    }
    expect(algorithms).toEqual(algorithms.map(() => 'proposed-order'));
  });
});
