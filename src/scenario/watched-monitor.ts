import type { DiskView } from '../contract/disk.ts';
import type { Monitor } from '../contract/invariant.ts';
import type { Message } from '../contract/message.ts';
import type { ConnectionId, NodeId } from '../kernel/ids.ts';

/** Called after what can change a node: with its state, or with `null` where it has crashed. */
export type LookAt = (node: NodeId, state: unknown) => void;

/**
 * A monitor with somebody beside it, who looks after it did. It hears nothing of what is said to and by `resource`:
 * that is no matter of the protocol, and reads like what clients and nodes say to each other.
 */
export class WatchedMonitor implements Monitor {
  private readonly inner: Monitor;
  private readonly lookAt: LookAt;
  private readonly resource: NodeId;

  constructor(inner: Monitor, lookAt: LookAt, resource: NodeId) {
    this.inner = inner;
    this.lookAt = lookAt;
    this.resource = resource;
  }

  onStarted(node: NodeId, state: unknown, synced: DiskView): void {
    this.inner.onStarted?.(node, state, synced);
  }

  onCrashed(node: NodeId): void {
    this.inner.onCrashed?.(node);
    this.lookAt(node, null);
  }

  afterEvent(node: NodeId, state: unknown): void {
    this.inner.afterEvent?.(node, state);
    this.lookAt(node, state);
  }

  onAppend(node: NodeId, file: string, index: number, entry: unknown): void {
    this.inner.onAppend?.(node, file, index, entry);
  }

  onTruncate(node: NodeId, file: string, index: number): void {
    this.inner.onTruncate?.(node, file, index);
  }

  onDrop(node: NodeId, file: string, index: number): void {
    this.inner.onDrop?.(node, file, index);
  }

  onSend(from: NodeId, to: NodeId, message: Message, synced: DiskView, connection?: ConnectionId): void {
    if (from !== this.resource && to !== this.resource) this.inner.onSend?.(from, to, message, synced, connection);
  }
}
