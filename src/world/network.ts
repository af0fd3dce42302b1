import type { Message } from '../contract/message.ts';
import type { FaultEffect, InFlight, LinkProfile } from '../contract/world-control.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Stream } from '../kernel/rng.ts';
import type { Streams } from '../kernel/streams.ts';
import { type DurationUs, unboxed } from '../kernel/time.ts';

interface Cut {
  readonly inFlight: InFlight;
  readonly effect: FaultEffect;
}

interface Hold {
  /** One message kind, or `null` for all. */
  readonly kind: string | null;
  readonly effect: FaultEffect;
}

interface Held {
  readonly message: Message;
  readonly latencyUs: DurationUs;
  /** Who keeps it back. */
  readonly by: Hold;
}

/** One direction between two processes. */
interface Link {
  readonly from: NodeId;
  readonly to: NodeId;
  /** Latency and fate: two draws for every message, whatever becomes of it. */
  readonly luck: Stream;
  cuts: Cut[];
  holds: Hold[];
  held: Held[];
  /** The same for segments of connections, so that they move no datagram; made at the first one. */
  segmentLuck: Stream | null;
  profile: LinkProfile | null;
  profileEffect: FaultEffect | null;
}

/** What the network needs from the world around it. */
export interface NetworkHost {
  nameOf(process: NodeId): string;
  /** Schedules the arrival of a message `latencyUs` from now. */
  deliverAfter(latencyUs: DurationUs, from: NodeId, to: NodeId, message: Message): void;
  /** A message was lost before it left. */
  onDropped(from: NodeId, to: NodeId, message: Message): void;
  /** A cut or a hold of this direction has ended; another one may stand. */
  onPassable?(from: NodeId, to: NodeId): void;
}

const MILLION = 1_000_000;
const UINT32 = 0x1_0000_0000;

/** What is decided about a message, each independent of the others: a constant of its own scrambles the one draw. */
const LOSS = 0x51ed270b;
const DUPLICATE = 0x2545f491;
const COPY_IS_LATE = 0x6c62272e;
const COPY_LATENCY = 0x1b873593;
const SLOW = 0x38495ab5;
const SLOW_LATENCY = 0x7ed55d16;

/** A segment is given up for lost after so many latencies, at their longest: a round trip, and as much again. */
const RETRY_LATENCIES = 4;
/** What is lost so often gets through the next time. */
const RETRIES_MAX = 5;

/**
 * The datagram network: per directed link latency, loss, duplication, a slow path that reorders, cuts and holds. A
 * message that meets a cut when it is sent is lost. One that is under way when the cut comes is lost at its arrival if
 * the cut still stands and takes messages in flight (`inFlight: lost`); otherwise it arrives.
 *
 * State of a link is made when the link is first used; silence costs nothing.
 */
export class Network {
  private readonly host: NetworkHost;
  private readonly streams: Streams;
  private readonly processCount: number;
  private readonly profile: LinkProfile;
  private readonly links: (Link | undefined)[];
  /** Cuts and holds that stand, on all links: most of the time there is none, and no link need be asked. */
  private cutCount = 0;
  private holdCount = 0;

  constructor(host: NetworkHost, streams: Streams, processCount: number, profile: LinkProfile) {
    this.host = host;
    this.streams = streams;
    this.processCount = processCount;
    this.profile = profile;
    this.links = new Array<Link | undefined>(processCount * processCount).fill(undefined);
  }

  send(from: NodeId, to: NodeId, message: Message): void {
    const link = this.link(from, to);
    const profile = link.profile ?? this.profile;
    // Drawn once and then scaled, so that a change of one rate or range moves nothing else, of this message or another.
    const pace = link.luck.word();
    const fate = link.luck.word();
    if (this.cutCount > 0 && link.cuts.length > 0) {
      for (const cut of link.cuts) cut.effect.messagesDropped += 1;
      this.host.onDropped(from, to, message);
      return;
    }
    if (happens(fate, LOSS, profile.lossPerMillion)) {
      if (link.profileEffect !== null) link.profileEffect.messagesDropped += 1;
      this.host.onDropped(from, to, message);
      return;
    }
    if (happens(fate, DUPLICATE, profile.duplicatePerMillion)) {
      if (link.profileEffect !== null) link.profileEffect.messagesDuplicated += 1;
      this.dispatch(link, message, copyLatencyUs(fate, profile));
    }
    const latencyUs = happens(fate, SLOW, profile.slowPerMillion)
      ? scaled(scrambled(fate, SLOW_LATENCY), profile.slowUsMin, profile.slowUsMax)
      : scaled(pace, profile.latencyUsMin, profile.latencyUsMax);
    if (link.profileEffect !== null) {
      const usualUs = scaled(pace, this.profile.latencyUsMin, this.profile.latencyUsMax);
      if (latencyUs !== usualUs) link.profileEffect.messagesDelayed += 1;
    }
    this.dispatch(link, message, latencyUs);
  }

  /**
   * How long a segment of a connection takes that sets out now, until it has arrived at last: what is lost is sent
   * again, after longer and longer times, and what takes the slow path is overtaken by its own copy. `null` while a cut
   * or a hold keeps it back. Draws twice, from a stream of the segments of this link.
   */
  transitUs(from: NodeId, to: NodeId, kind: string): DurationUs | null {
    const link = this.link(from, to);
    if (this.keepsBack(link, kind)) return null;
    const profile = link.profile ?? this.profile;
    link.segmentLuck ??= this.streams.get(`connection/${this.host.nameOf(from)}>${this.host.nameOf(to)}`);
    const pace = link.segmentLuck.word();
    const fate = link.segmentLuck.word();
    const onceUs = scaled(pace, profile.latencyUsMin, profile.latencyUsMax);
    const retryUs = RETRY_LATENCIES * profile.latencyUsMax;
    let latencyUs = onceUs;
    for (let tries = 0; tries < RETRIES_MAX && happens(fate, LOSS + tries, profile.lossPerMillion); tries += 1) {
      latencyUs += retryUs << tries;
    }
    if (latencyUs === onceUs && happens(fate, SLOW, profile.slowPerMillion)) {
      const slowUs = scaled(scrambled(fate, SLOW_LATENCY), profile.slowUsMin, profile.slowUsMax);
      latencyUs = Math.min(slowUs, onceUs + retryUs);
    }
    if (link.profileEffect !== null) {
      const usualUs = scaled(pace, this.profile.latencyUsMin, this.profile.latencyUsMax);
      if (latencyUs !== usualUs) link.profileEffect.messagesDelayed += 1;
    }
    return latencyUs;
  }

  private keepsBack({ cuts, holds }: Link, kind: string): boolean {
    for (const { effect } of cuts) effect.messagesDelayed += 1;
    const hold = holds.find((each) => each.kind === null || each.kind === kind);
    if (hold !== undefined) hold.effect.messagesDelayed += 1;
    return cuts.length > 0 || hold !== undefined;
  }

  /**
   * Whether a message that arrives now on this link is lost to a cut that came while it was under way. A segment of a
   * connection is late instead.
   */
  losesInFlight(
    from: NodeId, to: NodeId, counter: 'messagesDropped' | 'messagesDelayed' = 'messagesDropped',
  ): boolean {
    if (this.cutCount === 0) return false;
    const { cuts } = this.link(from, to);
    if (cuts.length === 0) return false;
    let isLost = false;
    for (const cut of cuts) {
      if (cut.inFlight === 'delivered') continue;
      cut.effect[counter] += 1;
      isLost = true;
    }
    return isLost;
  }

  cut(from: NodeId, to: NodeId, inFlight: InFlight, effect: FaultEffect): void {
    this.link(from, to).cuts.push({ inFlight, effect });
    this.cutCount += 1;
  }

  /** Ends the cut of this direction that counts into `effect`. */
  mend(from: NodeId, to: NodeId, effect: FaultEffect): void {
    const link = this.link(from, to);
    const left = link.cuts.filter((cut) => cut.effect !== effect);
    this.cutCount -= link.cuts.length - left.length;
    link.cuts = left;
    this.host.onPassable?.(from, to);
  }

  hold(from: NodeId, to: NodeId, kind: string | null, effect: FaultEffect): void {
    this.link(from, to).holds.push({ kind, effect });
    this.holdCount += 1;
  }

  /**
   * Ends the hold of this direction that counts into `effect`; what no other hold keeps goes on, in the order in which
   * it was sent.
   */
  release(from: NodeId, to: NodeId, effect: FaultEffect): void {
    const link = this.link(from, to);
    const left = link.holds.filter((hold) => hold.effect !== effect);
    this.holdCount -= link.holds.length - left.length;
    link.holds = left;
    const { held } = link;
    link.held = [];
    for (const each of held) {
      if (link.holds.includes(each.by)) link.held.push(each);
      else this.dispatch(link, each.message, each.latencyUs);
    }
    this.host.onPassable?.(from, to);
  }

  setLink(from: NodeId, to: NodeId, profile: LinkProfile | null, effect: FaultEffect): void {
    const link = this.link(from, to);
    link.profile = profile;
    link.profileEffect = profile === null ? null : effect;
  }

  private dispatch(link: Link, message: Message, latencyUs: DurationUs): void {
    if (this.holdCount === 0 || link.holds.length === 0) {
      this.host.deliverAfter(latencyUs, link.from, link.to, message);
      return;
    }
    for (const hold of link.holds) {
      if (hold.kind !== null && hold.kind !== message.kind) continue;
      hold.effect.messagesDelayed += 1;
      link.held.push({ message, latencyUs, by: hold });
      return;
    }
    this.host.deliverAfter(latencyUs, link.from, link.to, message);
  }

  private link(from: NodeId, to: NodeId): Link {
    const index = from * this.processCount + to;
    let link = this.links[index];
    if (link === undefined) {
      const luck = this.streams.get(`network/${this.host.nameOf(from)}>${this.host.nameOf(to)}`);
      link = {
        from, to, luck, cuts: [], holds: [], held: [], segmentLuck: null, profile: null, profileEffect: null,
      };
      this.links[index] = link;
    }
    return link;
  }
}

/** Half of the copies come right behind the message; the others when its time is long over. */
function copyLatencyUs(fate: number, profile: LinkProfile): DurationUs {
  const isLate = happens(fate, COPY_IS_LATE, MILLION / 2);
  const latestUs = Math.max(profile.latencyUsMax, isLate ? profile.slowUsMax : 0);
  return scaled(scrambled(fate, COPY_LATENCY), profile.latencyUsMin, latestUs);
}

function happens(fate: number, purpose: number, perMillion: number): boolean {
  return perMillion > 0 && scrambled(fate, purpose) * MILLION < perMillion * UINT32;
}

/** A number of 32 bits as one in [min, max], both included. */
function scaled(bits: number, min: number, max: number): number {
  return unboxed(min + Math.floor((bits / UINT32) * (max - min + 1)));
}

/** Another 32 bits for each purpose (Appleby's finaliser). */
function scrambled(bits: number, purpose: number): number {
  let word = bits ^ purpose;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
