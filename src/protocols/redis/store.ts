import type { NodeId } from '../../kernel/ids.ts';
import type { Reply } from './reply.ts';

/** A hash: its fields in the order in which they were first set, each with its value. Small ones, as of locks. */
export interface Hash {
  readonly kind: 'hash';
  readonly fields: readonly (readonly [field: string, value: string])[];
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly string[];
}

/** A sorted set, of members with whole numbers. Nothing asks for their order here. */
export interface SortedSet {
  readonly kind: 'zset';
  readonly members: readonly (readonly [member: string, score: number])[];
}

/** What a key can hold: a string, or one of those. None of those is ever empty. */
export type Value = string | Hash | List | SortedSet;

/** What a key holds. Frozen: replaced, never changed, so that a copy of the keys is a copy of all. */
export interface Entry {
  readonly value: Value;
  /** Absolute, by the wall clock of whoever looks, in milliseconds; `null`: never. */
  readonly expiresAtMs: number | null;
}

/** What somebody has published. */
export interface News {
  readonly channel: string;
  readonly text: string;
}

/** A command and its arguments. */
export type Args = readonly string[];

/** What a node keeps in memory of its data. Plain data. */
export interface Store {
  /** In the order in which keys were first set. */
  readonly entries: Map<string, Entry>;
  /** Hashes of the scripts that it was shown since it started. They are neither persisted nor replicated. */
  readonly scripts: Set<string>;
  /** By channel: who hears what is published there, in the order in which they asked. Nor are these. */
  readonly subscribers: Map<string, NodeId[]>;
}

export function emptyStore(): Store {
  return { entries: new Map(), scripts: new Set(), subscribers: new Map() };
}

/**
 * What becomes of a key whose time is over. A primary `deletes` it, and says so to its replicas and its file. A replica
 * `hides` it from its clients and waits to be told. What a primary or a file says is executed as it stands: `ignores`.
 */
export type Expiry = 'deletes' | 'hides' | 'ignores';

/**
 * The keys of a store during one command. The clock stands still meanwhile, for the whole of a script, too. Commands
 * see keys through this alone, so that none can forget to look at the time.
 */
export class Keyspace {
  readonly store: Store;
  /** By the node's wall clock. */
  readonly nowMs: number;
  readonly expiry: Expiry;
  /** What a command that may change something is answered with; `null` where it may. */
  readonly refusal: Reply | null;
  /** Whether there is no memory for more. */
  readonly isFull: boolean;
  /**
   * What a replica or a file has to execute to come to the same data: with absolute times, and without scripts. In
   * order; all of one command take effect together.
   */
  readonly effects: Args[] = [];
  /** What was published, in order. */
  readonly published: News[] = [];

  constructor(store: Store, nowMs: number, expiry: Expiry, refusal: Reply | null, isFull: boolean) {
    this.store = store;
    this.nowMs = nowMs;
    this.expiry = expiry;
    this.refusal = refusal;
    this.isFull = isFull;
  }

  /** What the key holds now; `undefined` for nothing. Deletes it if its time is over and this store does so. */
  find(key: string): Entry | undefined {
    const entry = this.store.entries.get(key);
    if (entry === undefined || this.expiry === 'ignores' || !isExpired(entry, this.nowMs)) return entry;
    if (this.expiry === 'deletes') this.remove(key);
    return undefined;
  }

  /** Sets the key as `command` says, which is what others are told. */
  set(key: string, value: Value, expiresAtMs: number | null, command: Args): void {
    this.store.entries.set(key, Object.freeze({ value, expiresAtMs }));
    this.effects.push(command);
  }

  remove(key: string): void {
    this.store.entries.delete(key);
    this.effects.push(['DEL', key]);
  }

  clear(): void {
    this.store.entries.clear();
    this.effects.push(['FLUSHALL']);
  }

  /** Whether that instant is over, where that matters. */
  isPast(instantMs: number): boolean {
    return this.expiry !== 'ignores' && instantMs <= this.nowMs;
  }
}

/** A key lives through the millisecond in which it expires. */
export function isExpired({ expiresAtMs }: Entry, nowMs: number): boolean {
  return expiresAtMs !== null && nowMs > expiresAtMs;
}
