import { describe, expect, it } from 'vitest';
import type { ClientRequest } from '../../../src/contract/client.ts';
import type { Context } from '../../../src/contract/context.ts';
import type { Plain } from '../../../src/contract/message.ts';
import type { Node } from '../../../src/contract/node.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import { Intake } from '../../../src/scenario/intake.ts';

/** What a node of these tests knows. */
interface Leads {
  epoch: number;
  leader: NodeId | null;
}

/** A node that leads, and answers what it is told to at the next timer. */
class Answering implements Node<Leads> {
  readonly state: Leads;
  private request: ClientRequest | null = null;

  constructor(self: NodeId) {
    this.state = { epoch: 1, leader: self };
  }

  onRequest(_ctx: Context, request: ClientRequest): void {
    this.request = request;
  }

  onTimer(ctx: Context, name: string): void {
    ctx.reply(this.request as ClientRequest, { kind: name });
  }
}

const request = (session: number, sequence: number): ClientRequest => ({
  kind: 'ClientRequest', client: nodeId(5), id: 1,
  command: { kind: 'execute', session, sequence, acknowledged: 1, operation: { f: 'write', key: 'x', value: 1 } },
});

/** Two nodes that are watched, and the replies that left them; `place` is that of the next command. */
function stage(): {
  readonly intake: Intake; readonly nodes: readonly Required<Pick<Node, 'onRequest' | 'onTimer'>>[];
  readonly states: readonly Leads[]; readonly ctx: Context; readonly replies: Plain[]; place: number;
} {
  const replies: Plain[] = [];
  const ctx = { self: nodeId(0), peers: [], reply: (_to: ClientRequest, body: Plain) => replies.push(body) };
  const staged = { place: 0 };
  const intake = new Intake({
    view: (state) => ({ role: '', ...(state as Leads) }),
    client: { classify: (body) => body as never },
  }, () => staged.place);
  const inner = [new Answering(nodeId(0)), new Answering(nodeId(1))];
  const nodes = inner.map((node, index) =>
    intake.watch(node, nodeId(index)) as Required<Pick<Node, 'onRequest' | 'onTimer'>>);
  return Object.assign(staged, {
    intake, nodes, states: inner.map(({ state }) => state), ctx: ctx as unknown as Context, replies,
  });
}

describe('commands on their way into nodes', () => {
  it('are known by the node that each came to first, by its epoch then, and by their order', () => {
    const { intake, nodes: [n1, n2], states, ctx } = stage();
    n1?.onRequest(ctx, request(3, 1));
    for (const state of states) state.epoch = 2;
    n2?.onRequest(ctx, request(3, 2));
    expect(intake.takenOf(3, 1)).toEqual({ node: 0, epoch: 1, position: 0, untilPlace: Infinity });
    expect(intake.takenOf(3, 2)).toEqual({ node: 1, epoch: 2, position: 1, untilPlace: Infinity });
    expect(intake.takenOf(3, 3)).toBeNull();
    expect(intake.takenOf(4, 1)).toBeNull();
  });

  it('are in the hands of one until they come again, to whomever', () => {
    const staged = stage();
    const { intake, nodes: [n1, n2], ctx } = staged;
    n1?.onRequest(ctx, request(3, 1));
    n1?.onRequest(ctx, request(3, 2));
    staged.place = 8;
    n1?.onRequest(ctx, request(3, 1));
    n2?.onRequest(ctx, request(3, 2));
    staged.place = 10;
    n2?.onRequest(ctx, request(3, 1));
    expect(intake.takenOf(3, 1)).toMatchObject({ node: 0, position: 0, untilPlace: 8 });
    expect(intake.takenOf(3, 2)).toMatchObject({ node: 0, position: 1, untilPlace: 8 });
  });

  it('are nobody\'s if they come to a node that does not lead: it may hand them on', () => {
    const staged = stage();
    const { intake, nodes: [n1], states: [state], ctx } = staged;
    staged.place = 4;
    for (const [sequence, leader] of [[1, nodeId(0)], [2, nodeId(1)], [3, null]] as const) {
      if (state !== undefined) state.leader = leader;
      n1?.onRequest(ctx, request(3, sequence));
    }
    expect([1, 2, 3].map((sequence) => intake.takenOf(3, sequence)?.untilPlace)).toEqual([Infinity, 4, 4]);
  });

  it.each([['redirect', 6], ['epoch-over', 6], ['unsure', Infinity], ['done', Infinity]])(
    'and a node that answers %s has given them up from then on: %d', (kind, untilPlace) => {
      const staged = stage();
      const { intake, nodes: [n1], ctx, replies } = staged;
      n1?.onRequest(ctx, request(3, 1));
      staged.place = 6;
      n1?.onTimer(ctx, kind);
      expect(intake.takenOf(3, 1)?.untilPlace).toBe(untilPlace);
      expect(replies).toEqual([{ kind }]);
    });

  it('leave aside who asks for a session', () => {
    const { intake, nodes: [n1], ctx, replies } = stage();
    n1?.onRequest(ctx, { ...request(3, 1), command: { kind: 'register', client: 0 } });
    n1?.onTimer(ctx, 'redirect');
    expect(intake.takenOf(3, 1)).toBeNull();
    expect(replies).toHaveLength(1);
  });

  it('change nothing of how a node bears a disk that fails', () => {
    const { intake, ctx } = stage();
    const failed: unknown[] = [];
    const bears: Node = { state: null, onPersistFailed: (_ctx, tag) => failed.push(tag) };
    intake.watch(bears, nodeId(0)).onPersistFailed?.(ctx, { kind: 'logged' });
    expect(failed).toEqual([{ kind: 'logged' }]);
    expect(intake.watch({ state: null }, nodeId(0)).onPersistFailed).toBeUndefined();
  });
});
