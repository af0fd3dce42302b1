import type { ClientRequest } from '../contract/client.ts';
import type { Context, Note, PersistTag, RandomStream } from '../contract/context.ts';
import type { Message, Plain } from '../contract/message.ts';
import { assert } from '../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { Streams } from '../kernel/streams.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { Clock } from './clock.ts';
import { EFFECT, type EffectBuffer } from './effects.ts';

/** What a context reads from the world at the moment of the call. */
export interface ContextHost {
  readonly effects: EffectBuffer;
  readonly streams: Streams;
  nowUs: TimeUs;
  /** A connection that no other one of the run is named like. */
  reserveConnection(): ConnectionId;
}

/** The {@link Context} of one process. Lives as long as the process, through crashes and restarts. */
export class ProcessContext implements Context {
  readonly self: NodeId;
  readonly peers: readonly NodeId[];
  private readonly host: ContextHost;
  private readonly effects: EffectBuffer;
  private readonly clock: Clock;
  private readonly streamPrefix: string;
  private readonly streams = new Map<string, RandomStream>();

  constructor(host: ContextHost, self: NodeId, peers: readonly NodeId[], clock: Clock, streamPrefix: string) {
    this.host = host;
    this.effects = host.effects;
    this.self = self;
    this.peers = peers;
    this.clock = clock;
    this.streamPrefix = streamPrefix;
  }

  send(to: NodeId, message: Message): void {
    this.effects.add(EFFECT.send, to, '', message);
  }

  broadcast(message: Message): void {
    this.effects.add(EFFECT.broadcast, 0, '', message);
  }

  reply(request: ClientRequest, body: Plain): void {
    this.send(request.client, { kind: 'ClientResponse', id: request.id, body } as Message);
  }

  sendNow(to: NodeId, message: Message): void {
    this.effects.add(EFFECT.sendNow, to, '', message);
  }

  connect(to: NodeId): ConnectionId {
    const connection = this.host.reserveConnection();
    this.effects.add(EFFECT.connect, connection, '', to);
    return connection;
  }

  close(connection: ConnectionId): void {
    this.effects.add(EFFECT.close, connection, '', undefined);
  }

  sendOn(connection: ConnectionId, message: Message): void {
    this.effects.add(EFFECT.sendOn, connection, '', message);
  }

  sendOnNow(connection: ConnectionId, message: Message): void {
    this.effects.add(EFFECT.sendOnNow, connection, '', message);
  }

  setTimer(name: string, afterUs: DurationUs): void {
    assert(Number.isSafeInteger(afterUs) && afterUs >= 0, 'a timer runs for an integer number of microseconds');
    this.effects.add(EFFECT.setTimer, afterUs, name, undefined);
  }

  cancelTimer(name: string): void {
    this.effects.add(EFFECT.cancelTimer, 0, name, undefined);
  }

  put(file: string, value: unknown): void {
    this.effects.add(EFFECT.put, 0, file, value);
  }

  append(file: string, entry: unknown): void {
    this.effects.add(EFFECT.append, 0, file, entry);
  }

  allocate(file: string, count: number): void {
    assert(Number.isSafeInteger(count) && count > 0, 'a log grows by a number of places');
    this.effects.add(EFFECT.allocate, count, file, undefined);
  }

  truncateFrom(file: string, index: number): void {
    this.effects.add(EFFECT.truncate, index, file, undefined);
  }

  dropUntil(file: string, index: number, mark: unknown): void {
    this.effects.add(EFFECT.drop, index, file, mark);
  }

  persist(tag?: PersistTag): void {
    this.effects.add(EFFECT.persist, 0, '', tag);
  }

  continueAs(step: string, costUs: DurationUs): void {
    assert(Number.isSafeInteger(costUs) && costUs >= 0, 'a step costs an integer number of microseconds');
    this.effects.add(EFFECT.continueAs, costUs, step, undefined);
  }

  monotonicUs(): TimeUs {
    return this.clock.readMonotonicUs(this.host.nowUs);
  }

  wallUs(): TimeUs {
    return this.clock.readWallUs(this.host.nowUs);
  }

  random(purpose: string): RandomStream {
    let stream = this.streams.get(purpose);
    if (stream === undefined) {
      stream = this.host.streams.get(`${this.streamPrefix}/${purpose}`);
      this.streams.set(purpose, stream);
    }
    return stream;
  }

  note(note: Note): void {
    this.effects.add(EFFECT.note, 0, '', note);
  }
}
