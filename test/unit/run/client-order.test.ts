import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClientRequest } from '../../../src/contract/client.ts';
import type { Context } from '../../../src/contract/context.ts';
import { ForwardingNode } from '../../../src/contract/forwarding-node.ts';
import type { ProtocolModule } from '../../../src/contract/module.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { raft } from '../../../src/protocols/raft/module.ts';
import { checkClientOrder } from '../../../src/run/client-order.ts';
import type { VerdictRecord } from '../../../src/run/result.ts';
import { run } from '../../../src/run/run.ts';
import type { SentUpdate } from '../../../src/scenario/commit-order.ts';
import type { Taken } from '../../../src/scenario/intake.ts';
import { requestOf } from '../../support/determinism/scenarios.ts';
import { history } from '../../support/histories/operations.ts';

/** Invocations are the lines 0 to 2, of three operations of one client. */
const open = ['0 invoke append 1 x', '1 invoke append 2 x', '2 invoke append 3 x'] as const;
const answered = history(...open, '1 ok append 2 x', '2 ok append 3 x', '0 ok append 1 x');

/** What was sent in this order, and came to n1 in this order: the invocation, and where it took effect. */
const sent = (...places: readonly (number | null)[]): SentUpdate[] => places.map((place, index) =>
  ({ index, session: 7, taken: { node: nodeId(0), epoch: 3, position: index, untilPlace: Infinity }, place }));

/** The same, but that one of them came otherwise. */
const but = (updates: readonly SentUpdate[], index: number, other: Partial<Taken>): SentUpdate[] =>
  updates.map((each) => (each.index === index && each.taken !== null
    ? { ...each, taken: { ...each.taken, ...other } } : each));

/** By their invocations: who was overtaken, by whom, and whether it took effect in the end. */
const found = (updates: readonly SentUpdate[], of = answered): readonly (readonly [number, number, boolean])[] =>
  checkClientOrder(of, updates).overtaken.map(({ earlier, later, isLate }) =>
    [earlier.invokedIndex, later.invokedIndex, isLate]);

describe('the updates of a session are in order', () => {
  it('if they took effect as they were sent, whoever was answered first', () => {
    expect(checkClientOrder(answered, sent(0, 2, 8))).toEqual({ updates: 2, sessions: 1, overtaken: [] });
  });

  it('not if a later one took effect before an earlier one', () => {
    expect(found(sent(4, 2, 6))).toEqual([[0, 1, true]]);
    expect(found(sent(4, 2, 3))).toEqual([[0, 1, true], [0, 2, true]]);
    expect(found(sent(0, 6, 4))).toEqual([[1, 2, true]]);
  });

  it('not if a later one took effect and an earlier one never did; the first to take effect is told first', () => {
    expect(found(sent(null, 6, 2))).toEqual([[0, 2, false], [0, 1, false]]);
    expect(found(sent(0, null, 2))).toEqual([[1, 2, false]]);
  });

  it('if only the last ones are missing', () => {
    expect(found(sent(0, 2, null))).toEqual([]);
    expect(found(sent(0, null, null))).toEqual([]);
  });

  it('if what is missing was said to have failed, but not if that took effect too late', () => {
    const refused = history(...open, '0 fail append 1 x', '1 ok append 2 x', '2 ok append 3 x');
    expect(found(sent(null, 2, 4), refused)).toEqual([]);
    expect(found(sent(8, 2, 4), refused)).toEqual([[0, 1, true], [0, 2, true]]);
  });

  it('whatever another session did meanwhile', () => {
    const [first, second, third] = sent(4, 2, 6) as [SentUpdate, SentUpdate, SentUpdate];
    expect(checkClientOrder(answered, [first, { ...second, session: 8 }, third]))
      .toEqual({ updates: 1, sessions: 1, overtaken: [] });
  });
});

describe('the order of two updates is nobody\'s promise', () => {
  it('if they came to two nodes, or to one that led twice', () => {
    expect(found(but(sent(4, 2), 1, { node: nodeId(1) }))).toEqual([]);
    expect(found(but(sent(4, 2), 1, { epoch: 4 }))).toEqual([]);
  });

  it('if the later one came before the earlier one, or either never came; others are held to it all the same', () => {
    expect(found(but(sent(4, 2), 0, { position: 9 }))).toEqual([]);
    expect(found(but(sent(6, 4, 2), 0, { position: 1.5 }))).toEqual([[0, 2, true]]);
    for (const index of [0, 1]) {
      const updates = sent(4, 2).map((each) => (each.index === index ? { ...each, taken: null } : each));
      expect(checkClientOrder(answered, updates)).toEqual({ updates: 0, sessions: 0, overtaken: [] });
    }
  });

  it('if either came again, or was turned away, before the later one took effect; not if only after it', () => {
    for (const index of [0, 1]) {
      expect(found(but(sent(4, 2), index, { untilPlace: 2 }))).toEqual([]);
      expect(found(but(sent(4, 2), index, { untilPlace: 4 }))).toEqual([[0, 1, true]]);
    }
    // The first one is excused, the second one is not.
    expect(found(but(sent(8, 6, 2), 0, { untilPlace: 0 }))).toEqual([[1, 2, true]]);
  });
});

/** Raft, where a node turns each two requests round that come one after the other. */
class TurnsRound extends ForwardingNode {
  private kept: ClientRequest | null = null;

  protected override contextOf(ctx: Context): Context {
    return ctx;
  }

  override onRequest(ctx: Context, request: ClientRequest): void {
    const { kept } = this;
    if (kept === null) {
      this.kept = request;
      return;
    }
    this.kept = null;
    super.onRequest(ctx, request);
    super.onRequest(ctx, kept);
  }
}

describe('a run whose commands are under way together', () => {
  const text = (check: string): string => `name: a
system: { protocol: raft, nodes: 3 }
clients: { count: 2, inFlight: 4 }
workload: { kind: append, think: 0..5ms }
duration: 2s
check: [${check}]
`;

  it('is in order with Raft, and not with nodes that turn two requests round', () => {
    const request = requestOf(text('client-order'), '1');
    const judged = (module: ProtocolModule): readonly [string, string] | undefined =>
      run({ ...request, module }).result.verdicts.filter(({ checker }) => checker === 'client-order')
        .map(({ verdict, summary }): [string, string] => [verdict, summary])[0];
    expect(judged(raft as ProtocolModule)).toEqual(['valid', expect.stringMatching(
      /^\d{2,} updates of 2 sessions took effect behind what their leader took before them$/) as string]);
    expect(judged({ ...(raft as ProtocolModule), create: (init) => new TurnsRound(raft.create(init)) }))
      .toEqual(['invalid', expect.stringContaining('took effect before') as string]);
  });

  it('is the same run whether or not it is watched', () => {
    const [watched, not] = ['linearizable, client-order', 'linearizable'].map((check) =>
      run(requestOf(text(check), '1')).result);
    expect(watched?.fingerprint).toBe(not?.fingerprint);
    expect(not?.verdicts.map(({ checker }) => checker)).not.toContain('client-order');
  });

  it('says nothing if no leader was asked for two updates of one session', () => {
    const reads = text('client-order').replace('append,', 'append, reads: 100%,');
    const [verdict] = run(requestOf(reads, '1')).result.verdicts;
    expect(verdict).toMatchObject({ verdict: 'unknown', summary: 'no leader took two updates of one session' });
  });
});

describe('a leader that dies with commands of one client under way', () => {
  const path = join(import.meta.dirname, '../../../scenarios/systems');
  const file = readFileSync(join(path, 'commands-of-one-client-while-their-leader-dies.yaml'), 'utf8');
  const judged = (system: string, text = file): VerdictRecord | undefined => {
    const one = text.replace(/^systems:\n(?: {2}.*\n)+/m, `system: ${system}\n`);
    const { result } = run(requestOf(one, '1', 'order'));
    return result.verdicts.find(({ checker }) => checker === 'client-order');
  };

  it('has them carried out of order by Multi-Paxos, for the sake of several slots at a time', () => {
    const order = judged('{ protocol: multi-paxos }');
    expect(order).toMatchObject({ verdict: 'invalid', contract: 'outside', broken: { fault: null } });
    expect(order?.summary)
      .toMatch(/^append k\d \d+ of c\d took effect without append k\d \d+, which it had sent before(, and \d+ more)?$/);
    expect(order?.evidence).toHaveLength(3);
    expect(order?.evidence[2]).toMatch(/^both came to n\d alone, in this order, in its epoch \d+$/);
    expect(judged('{ protocol: multi-paxos, options: { window: 1 } }')?.verdict).toBe('valid');
  });

  it('has them carried out in order by Multi-Paxos if it does not die, and by Zab', () => {
    const calm = file.replace(/^faults:\n(?: {2}.*\n)+/m, '');
    expect(judged('{ protocol: multi-paxos }', calm)?.verdict).toBe('valid');
    expect(judged('{ protocol: zab }')?.verdict).toBe('valid');
  });

  it('does not have it held against the protocol what clients ask again', () => {
    const hasty = file.replace('attemptTimeout: 500ms', 'attemptTimeout: 20ms');
    expect(hasty).not.toBe(file);
    for (const system of ['{ protocol: multi-paxos, options: { window: 1 } }', '{ protocol: zab }']) {
      expect(judged(system, hasty)?.verdict).toBe('valid');
    }
  });
});
