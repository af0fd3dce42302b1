import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { ClientRequest } from './client.ts';
import type { Context, PersistTag } from './context.ts';
import type { Message } from './message.ts';
import type { Node, Order } from './node.ts';
import type { Options } from './options.ts';

/**
 * Hands every event on to another node. Variants whose defect lies around a node, whatever its protocol, say in
 * `contextOf` what it sees of the world, and override the events that they change.
 */
export abstract class ForwardingNode implements Node {
  protected readonly node: Node;

  constructor(node: Node) {
    this.node = node;
  }

  get state(): unknown {
    return this.node.state;
  }

  /** Called once for each event, before the node sees it. */
  protected abstract contextOf(ctx: Context): Context;

  onStart(ctx: Context): void {
    return this.node.onStart?.(this.contextOf(ctx));
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    return this.node.onMessage?.(this.contextOf(ctx), from, message);
  }

  onConnected(ctx: Context, connection: ConnectionId, peer: NodeId): void {
    return this.node.onConnected?.(this.contextOf(ctx), connection, peer);
  }

  onReceived(ctx: Context, connection: ConnectionId, peer: NodeId, message: Message): void {
    return this.node.onReceived?.(this.contextOf(ctx), connection, peer, message);
  }

  onClosed(ctx: Context, connection: ConnectionId, peer: NodeId): void {
    return this.node.onClosed?.(this.contextOf(ctx), connection, peer);
  }

  onTimer(ctx: Context, name: string): void {
    return this.node.onTimer?.(this.contextOf(ctx), name);
  }

  onRequest(ctx: Context, request: ClientRequest): void {
    return this.node.onRequest?.(this.contextOf(ctx), request);
  }

  onPersisted(ctx: Context, tag: PersistTag): void {
    return this.node.onPersisted?.(this.contextOf(ctx), tag);
  }

  onContinue(ctx: Context, step: string): void {
    return this.node.onContinue?.(this.contextOf(ctx), step);
  }

  onOrder(ctx: Context, order: Order): void {
    return this.node.onOrder?.(this.contextOf(ctx), order);
  }

  onOptions(ctx: Context, options: Options): void {
    return this.node.onOptions?.(this.contextOf(ctx), options);
  }
}
