import { assert } from '../../../src/kernel/assert.ts';
import type { Op } from '../../../src/protocols/zookeeper/messages.ts';
import {
  type DrivenService, type DrivenSession, type Heard, Names, type Received, type WatchedPaths,
} from './heard.ts';
import { TOP } from './operations.ts';

export const SERVERS = 3;
const LONG_MS = 1_000_000;
const SYNC: Op = { op: 'sync', path: TOP };
const LOOK: Op = { op: 'exists', path: TOP, watch: false };
const LOOKS_MAX = 1_000;
const EXPIRY_LOOK_MS = 100;

/** With what a client comes to a server once more. */
export interface Return {
  readonly server: number;
  /** It has seen nothing of so many writes. */
  readonly writesBack: number;
  readonly timeoutMs: number;
}

/**
 * One side of the comparison: clients with a session each, some of which are connected, and what they hear in words
 * that both sides have. At each server, somebody who stays sees how far it has come.
 */
export class Side {
  private readonly service: DrivenService;
  private readonly names = new Names();
  private readonly observers: DrivenSession[] = [];
  /** The connections of the clients; of who is away, the last one. */
  private readonly clients: DrivenSession[] = [];
  private readonly away = new Set<DrivenSession>();
  private markers = 0;

  constructor(service: DrivenService) {
    this.service = service;
  }

  async open(): Promise<void> {
    for (let server = 0; server < SERVERS; server += 1) this.observers.push(await this.begun(server, LONG_MS));
  }

  private async begun(server: number, timeoutMs: number): Promise<DrivenSession> {
    const received = await this.service.connect(server, { session: '0', password: '', lastZxid: '0', timeoutMs });
    assert(typeof received !== 'string', 'a session begins');
    this.names.onBegun(received);
    return received;
  }

  // ── Sessions ─────────────────────────────────────────────────────────

  /** A new session of a client, and how long it may be silent. */
  async begin(client: number, server: number, timeoutMs: number): Promise<unknown[]> {
    const session = await this.begun(server, timeoutMs);
    this.clients[client]?.leave();
    this.clients[client] = session;
    return [{ timeoutMs: session.timeoutMs }];
  }

  async ask(client: number, ops: readonly Op[]): Promise<unknown[]> {
    return this.names.told(ops, await this.connectionOf(client).ask(ops));
  }

  /** Goes without a word; what it hears until it is back, it never hears. */
  leave(client: number): unknown[] {
    const connection = this.connectionOf(client);
    connection.leave();
    this.away.add(connection);
    return [];
  }

  /**
   * The client comes to a server with the session that it has, from another connection, and watches there what it says
   * it had watched. The connection that it had asks for `late` after that.
   */
  async goOn(
    client: number, { server, writesBack, timeoutMs }: Return, watched: WatchedPaths, late: readonly Op[],
  ): Promise<unknown[]> {
    const before = this.connectionOf(client);
    const zxid = this.names.zxidOfWrite(writesBack);
    const { session, password } = before;
    const received = await this.service.connect(server, { session, password, lastZxid: zxid, timeoutMs });
    const heard: unknown[] = [told(received)];
    if (typeof received !== 'string') {
      this.clients[client] = received;
      received.watchAgain(zxid, watched);
      heard.push(this.names.told([LOOK], await received.ask([LOOK])));
      heard.push(...await this.askLate(before, late));
    }
    before.leave();
    return heard;
  }

  /**
   * One after the other, until the connection is closed. A real server that refuses to answer one closes it a little
   * later, and may have answered the next one by then.
   */
  private async askLate(connection: DrivenSession, ops: readonly Op[]): Promise<unknown[]> {
    const heard: unknown[] = [];
    for (const op of ops) {
      const answer = await connection.ask([op]);
      heard.push(...this.names.told([op], answer));
      if (answer.some(({ kind }) => kind === 'closed')) break;
    }
    return heard;
  }

  /** Somebody comes with a client's session, and is not received: has seen too much, or does not know the password. */
  async intrude(client: number, server: number, timeoutMs: number, knowsPassword: boolean): Promise<unknown[]> {
    const { session, password } = this.connectionOf(client);
    const received = await this.service.connect(server, {
      session, timeoutMs,
      lastZxid: knowsPassword ? String(BigInt(this.names.zxidOfWrite(0)) * 2n) : '0',
      password: knowsPassword ? password : '1',
    });
    if (typeof received !== 'string') received.leave();
    return [told(received)];
  }

  /** The client is not heard of any more until its session is over, and learns of that at a server. */
  async expire(client: number, server: number): Promise<unknown[]> {
    this.markers += 1;
    const marker: Op = { op: 'create', path: `/marker-${this.markers}`, data: '', mode: 'ephemeral' };
    const heard: unknown[] = [await this.ask(client, [marker])];
    const before = this.connectionOf(client);
    this.leave(client);
    for (const observer of this.observers) {
      for (let looks = 0; await isThere(observer, marker.path); looks += 1) {
        assert(looks < LOOKS_MAX, 'a session ends when nobody hears of its client');
        await this.service.pause(EXPIRY_LOOK_MS);
      }
    }
    const { session, password } = before;
    const received = await this.service.connect(server, { session, password, lastZxid: '0', timeoutMs: LONG_MS });
    return [...heard, told(received)];
  }

  // ── Quiet ────────────────────────────────────────────────────────────

  /**
   * Brings all servers up to what was done: what the clients see then, and the events that they hear on the way. A sync
   * alone does not do: of 3.8.0, a leader that has told its followers to commit may answer one before it has applied
   * that itself.
   */
  async settle(): Promise<unknown[]> {
    for (const observer of this.observers) {
      let looked = await observer.ask([SYNC, LOOK]);
      for (let looks = 1; looks < LOOKS_MAX && !this.names.isUpToDate(looked); looks += 1) {
        looked = await observer.ask([LOOK]);
      }
    }
    const heard: unknown[] = [];
    for (const connection of this.clients) {
      if (!this.away.has(connection)) heard.push(this.names.told([LOOK], await connection.ask([LOOK])));
    }
    return heard;
  }

  private connectionOf(client: number): DrivenSession {
    return this.clients[client] as DrivenSession;
  }
}

async function isThere(observer: DrivenSession, path: string): Promise<boolean> {
  const heard: readonly Heard[] = await observer.ask([{ op: 'exists', path, watch: false }]);
  return heard.some((one) => one.kind === 'reply' && one.result.op === 'exists');
}

function told(received: Received): unknown {
  return typeof received === 'string' ? { received } : { received: 'open', timeoutMs: received.timeoutMs };
}
