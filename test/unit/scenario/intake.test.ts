import { describe, expect, it } from 'vitest';
import type { ClientRequest } from '../../../src/contract/client.ts';
import type { Context } from '../../../src/contract/context.ts';
import type { Plain } from '../../../src/contract/message.ts';
import type { Node } from '../../../src/contract/node.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { Intake } from '../../../src/scenario/intake.ts';

/** A node whose state is its epoch, and which answers what it is told to at the next timer. */
class Answering implements Node<{ epoch: number }> {
  readonly state = { epoch: 1 };
  private request: ClientRequest | null = null;

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
  readonly states: readonly { epoch: number }[]; readonly ctx: Context; readonly replies: Plain[]; place: number;
} {
  const replies: Plain[] = [];
  const ctx = { self: nodeId(0), peers: [], reply: (_to: ClientRequest, body: Plain) => replies.push(body) };
  const staged = { place: 0 };
  const intake = new Intake({
    view: (state) => ({ role: 'leader', epoch: (state as { epoch: number }).epoch, leader: null }),
    client: { classify: (body) => body as never },
  }, () => staged.place);
  const inner = [new Answering(), new Answering()];
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
