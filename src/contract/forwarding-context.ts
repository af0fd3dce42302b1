import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { DurationUs } from '../kernel/time.ts';
import type { ClientRequest } from './client.ts';
import type { Context, Note, PersistTag, RandomStream } from './context.ts';
import type { Message, Plain } from './message.ts';

/** Hands everything on to another context. Variants whose defect is an order of effects override what they change. */
export class ForwardingContext implements Context {
  readonly self: NodeId;
  readonly peers: readonly NodeId[];
  protected readonly ctx: Context;

  constructor(ctx: Context) {
    this.self = ctx.self;
    this.peers = ctx.peers;
    this.ctx = ctx;
  }

  send(to: NodeId, message: Message): void {
    this.ctx.send(to, message);
  }

  broadcast(message: Message): void {
    this.ctx.broadcast(message);
  }

  reply(request: ClientRequest, body: Plain): void {
    this.ctx.reply(request, body);
  }

  sendNow(to: NodeId, message: Message): void {
    this.ctx.sendNow(to, message);
  }

  connect(to: NodeId): ConnectionId {
    return this.ctx.connect(to);
  }

  close(connection: ConnectionId): void {
    this.ctx.close(connection);
  }

  sendOn(connection: ConnectionId, message: Message): void {
    this.ctx.sendOn(connection, message);
  }

  sendOnNow(connection: ConnectionId, message: Message): void {
    this.ctx.sendOnNow(connection, message);
  }

  setTimer(name: string, afterUs: DurationUs): void {
    this.ctx.setTimer(name, afterUs);
  }

  cancelTimer(name: string): void {
    this.ctx.cancelTimer(name);
  }

  put(file: string, value: unknown): void {
    this.ctx.put(file, value);
  }

  append(file: string, entry: unknown): void {
    this.ctx.append(file, entry);
  }

  allocate(file: string, count: number): void {
    this.ctx.allocate(file, count);
  }

  truncateFrom(file: string, index: number): void {
    this.ctx.truncateFrom(file, index);
  }

  dropUntil(file: string, index: number, mark: unknown): void {
    this.ctx.dropUntil(file, index, mark);
  }

  persist(tag?: PersistTag): void {
    this.ctx.persist(tag);
  }

  continueAs(step: string, costUs: DurationUs): void {
    this.ctx.continueAs(step, costUs);
  }

  monotonicUs(): number {
    return this.ctx.monotonicUs();
  }

  wallUs(): number {
    return this.ctx.wallUs();
  }

  random(purpose: string): RandomStream {
    return this.ctx.random(purpose);
  }

  note(note: Note): void {
    this.ctx.note(note);
  }
}
