/**
 * A protected resource: a store that takes writes from whoever says that he holds the lock. It knows nothing of locks;
 * with `checksTokens` it refuses a store whose fencing token is lower than one that it has seen (Kleppmann 2016, "How
 * to do distributed locking", "Making the lock safe with fencing").
 *
 * It can issue tokens as well, for locks that give none: a counter outside of the lock service, one process that
 * forgets nothing. It stands for a consensus service, and it is asked while the lock is held.
 *
 * Atomic steps: each handler. A store is checked and applied in one, and the answer leaves once it is on the disk.
 */
import type { ClientRequest } from '../contract/client.ts';
import type { Context } from '../contract/context.ts';
import type { DiskView } from '../contract/disk.ts';
import type { Plain } from '../contract/message.ts';
import type { Node } from '../contract/node.ts';
import type { StoreAnswer, StoreCommand } from '../contract/resource.ts';
import { unreachable } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';

/** One object. Frozen: each change makes another. */
interface Stored {
  /** Stores that were applied. */
  readonly count: number;
  /** The highest token of a store; 0 before the first. */
  readonly highest: number;
  readonly value: Plain;
}

/** Everything that the resource knows. Its disk has the same, but for what it remembers of requests. */
export interface FencedStoreState {
  readonly objects: Map<string, Stored>;
  /** Tokens that were issued, by key. */
  readonly issued: Map<string, number>;
  /** By client: ids of its last requests, oldest first. */
  readonly recent: Map<NodeId, readonly number[]>;
}

const NEVER_STORED: Stored = Object.freeze({ count: 0, highest: 0, value: null });
/** How many requests of one client are told from their copies. */
const RECENT_MAX = 64;

/** A token was issued to a client, for an acquisition of its. */
export type OnIssued = (client: NodeId, owner: string) => void;

/** See the head of this file. */
export class FencedStore implements Node<FencedStoreState> {
  readonly state: FencedStoreState;
  private readonly checksTokens: boolean;
  private readonly onIssued: OnIssued;

  /** Recovery is this constructor: what was answered is on the disk. `onIssued` hears of each token. */
  constructor(disk: DiskView, checksTokens: boolean, onIssued: OnIssued) {
    this.checksTokens = checksTokens;
    this.onIssued = onIssued;
    this.state = {
      objects: new Map((disk.cell('objects') as [string, Stored][] | undefined) ?? []),
      issued: new Map((disk.cell('issued') as [string, number][] | undefined) ?? []),
      recent: new Map((disk.cell('recent') as [NodeId, readonly number[]][] | undefined) ?? []),
    };
  }

  onRequest(ctx: Context, request: ClientRequest): void {
    if (this.isCopy(request)) return;
    const command = request.command as unknown as StoreCommand;
    const answer = this.execute(ctx, command);
    if (command.kind === 'token') this.onIssued(request.client, command.owner);
    ctx.put('recent', [...this.state.recent]);
    ctx.persist();
    ctx.reply(request, answer);
  }

  /**
   * A connection brings each request once. The network of a run may bring a copy, and long after the request: the write
   * would be applied twice, over whatever was written since.
   */
  private isCopy({ client, id }: ClientRequest): boolean {
    const recent = this.state.recent.get(client) ?? [];
    if (recent.includes(id)) return true;
    this.state.recent.set(client, Object.freeze([...recent, id].slice(-RECENT_MAX)));
    return false;
  }

  private execute(ctx: Context, command: StoreCommand): StoreAnswer {
    switch (command.kind) {
      case 'store': return this.store(ctx, command);
      case 'token': return this.issue(ctx, command.key);
      default: return unreachable(command);
    }
  }

  private store(ctx: Context, { key, token, value }: Extract<StoreCommand, { kind: 'store' }>): StoreAnswer {
    const before = this.state.objects.get(key) ?? NEVER_STORED;
    if (this.checksTokens && token === null) return { kind: 'no-token' };
    // Equal tokens are of one holder, who may write as often as he likes.
    if (this.checksTokens && token !== null && token < before.highest) {
      ctx.note({ event: 'refused-store', key, token, highest: before.highest });
      return { kind: 'stale-token', highest: before.highest };
    }
    const stored = { count: before.count + 1, highest: Math.max(before.highest, token ?? 0), value };
    this.state.objects.set(key, Object.freeze(stored));
    ctx.note({ event: 'took-store', key, token, index: stored.count });
    ctx.put('objects', [...this.state.objects]);
    return { kind: 'stored', index: stored.count };
  }

  private issue(ctx: Context, key: string): StoreAnswer {
    const token = (this.state.issued.get(key) ?? 0) + 1;
    this.state.issued.set(key, token);
    ctx.put('issued', [...this.state.issued]);
    return { kind: 'token', token };
  }
}
