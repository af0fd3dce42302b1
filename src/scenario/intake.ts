import type { ClientProtocol, ClientRequest } from '../contract/client.ts';
import type { Context, PersistTag } from '../contract/context.ts';
import { ForwardingContext } from '../contract/forwarding-context.ts';
import { ForwardingNode } from '../contract/forwarding-node.ts';
import type { Plain } from '../contract/message.ts';
import type { ProtocolModule } from '../contract/module.ts';
import type { Node } from '../contract/node.ts';
import type { SessionCommand } from '../contract/session.ts';
import type { NodeId } from '../kernel/ids.ts';

/** Where a command came first. */
export interface Taken {
  readonly node: NodeId;
  /** Its term, ballot or epoch at that time. A node that leads does so once in each. */
  readonly epoch: number;
  /** Among all requests of the run, in the order in which they came to any node. */
  readonly position: number;
  /**
   * Up to what was executed before this place, the command was in the hands of this node alone, once, and it led: the
   * command came to no node again, and was not turned away. Infinite where it stayed so.
   */
  untilPlace: number;
}

/** Which commands came to which node, in which order: watches the nodes of a run, and changes nothing in it. */
export class Intake {
  private readonly view: ProtocolModule['view'];
  private readonly client: ClientProtocol;
  /** By session and sequence. */
  private readonly taken: (Taken | undefined)[][] = [];
  private readonly nextPlace: () => number;
  private count = 0;

  /** `nextPlace`: where the command that is executed next has its place, see `CommitOrder`. */
  constructor({ view, client }: Pick<ProtocolModule, 'view' | 'client'>, nextPlace: () => number) {
    this.view = view;
    this.client = client;
    this.nextPlace = nextPlace;
  }

  /** The same node, watched. */
  watch(node: Node, self: NodeId): Node {
    return new WatchedNode(node, self, this);
  }

  /** Where this command came first; `null` where it never arrived. */
  takenOf(session: number, sequence: number): Taken | null {
    return this.taken[session]?.[sequence] ?? null;
  }

  /** A command has come to a node that is in this state. */
  onRequest(node: NodeId, state: unknown, { command }: ClientRequest): void {
    const { kind, session, sequence } = command as unknown as Extract<SessionCommand, { kind: 'execute' }>;
    if (kind !== 'execute') return;
    const row = this.taken[session] ??= [];
    const earlier = row[sequence];
    if (earlier !== undefined) return this.end(earlier);
    const { epoch, leader } = this.view(state);
    const taken: Taken = { node, epoch, position: this.count, untilPlace: Infinity };
    this.count += 1;
    row[sequence] = taken;
    // A follower may hand it on, by a way on which another command overtakes it.
    if (leader !== node) this.end(taken);
  }

  /** A node has answered. */
  onReply({ command }: ClientRequest, body: Plain): void {
    const { session, sequence } = command as unknown as Extract<SessionCommand, { kind: 'execute' }>;
    const taken = this.taken[session]?.[sequence];
    if (taken === undefined) return;
    const { kind } = this.client.classify(body);
    if (kind === 'redirect' || kind === 'epoch-over') this.end(taken);
  }

  private end(taken: Taken): void {
    taken.untilPlace = Math.min(taken.untilPlace, this.nextPlace());
  }
}

class WatchedNode extends ForwardingNode {
  /** Of a node that survives a disk which fails; one without it goes down. */
  readonly onPersistFailed: Node['onPersistFailed'];
  private readonly self: NodeId;
  private readonly intake: Intake;

  constructor(node: Node, self: NodeId, intake: Intake) {
    super(node);
    this.self = self;
    this.intake = intake;
    this.onPersistFailed = node.onPersistFailed === undefined
      ? undefined
      : (ctx: Context, tag: PersistTag | undefined) => node.onPersistFailed?.(this.contextOf(ctx), tag);
  }

  protected override contextOf(ctx: Context): Context {
    return new WatchedReplies(ctx, this.intake);
  }

  override onRequest(ctx: Context, request: ClientRequest): void {
    this.intake.onRequest(this.self, this.state, request);
    return super.onRequest(ctx, request);
  }
}

class WatchedReplies extends ForwardingContext {
  private readonly intake: Intake;

  constructor(ctx: Context, intake: Intake) {
    super(ctx);
    this.intake = intake;
  }

  override reply(request: ClientRequest, body: Plain): void {
    this.intake.onReply(request, body);
    super.reply(request, body);
  }
}
