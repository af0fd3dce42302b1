import type { PersistentMode, SessionId, WatchEvent, Zxid } from '../../src/history/znode-lines.ts';
import { showZxid, type Breaches } from './breaches.ts';
import { linesOf, type Asked } from './record.ts';
import { firstAfter, isToldBy, type TreeHistory, type Trigger } from './tree.ts';

/** A watch that stands until it is removed. */
interface Persistent {
  readonly mode: PersistentMode;
  readonly path: string;
  /** The answer that set it. */
  readonly index: number;
  /** All that it may tell, in its order. */
  readonly due: readonly Trigger[];
  /** Of these, what is to be told next. */
  next: number;
  /** What was told of those before, on this connection. */
  readonly told: Set<Trigger>;
  /** The last answer on this connection: it had seen what was not told of those. */
  seenBy: Asked | null;
  /** Whether the session has gone to another server, and heard nothing there yet: since when it stands is not known. */
  isMoving: boolean;
}

/** One that may stand, or not. */
export interface Doubtful extends Pick<Persistent, 'mode' | 'path'> {
  readonly index: number;
  /** Of the answer that was lost; `null`: it may come along to other servers. */
  readonly endIndex: number | null;
}

/**
 * The watches of one session that stand until they are removed. Each tells of all that happens while it stands at the
 * server of its client, once, in order, and before anything newer is seen: ZooKeeper's guarantees of other watches but
 * for the end with the first event. It is set again wherever the session goes on, from then on: what has happened in
 * between nobody tells (*SetWatches2*), and since when it stands shows by what it tells first, or by the next answer.
 *
 * One whose answer was lost may stand until the session has another connection, and one whose removal was lost may
 * stand for ever: events that only such a one explains are no breach, and nor is their absence.
 */
export class PersistentWatches {
  set = 0;
  fired = 0;
  private readonly session: SessionId;
  private readonly tree: TreeHistory;
  private readonly breaches: Breaches;
  private readonly events: readonly WatchEvent[];
  private readonly standing = new Map<string, Persistent>();
  private doubtful: readonly Doubtful[];
  /** What the session was answered as of. */
  private seen: Zxid = 0;

  constructor(
    session: SessionId, events: readonly WatchEvent[], lost: readonly Doubtful[], tree: TreeHistory, breaches: Breaches,
  ) {
    this.session = session;
    this.events = events;
    this.doubtful = lost;
    this.tree = tree;
    this.breaches = breaches;
  }

  get open(): number {
    return this.standing.size;
  }

  // ── What befalls the session ─────────────────────────────────────────

  /** Events do not count as seen: a server that has them later than the last one tells of them once more. */
  onConnected(index: number): void {
    for (const watch of this.standing.values()) {
      watch.isMoving = true;
      watch.next = Math.min(watch.next, firstAfter(watch.due, this.seen));
      watch.told.clear();
      watch.seenBy = null;
    }
    this.doubtful = this.doubtful.filter(({ endIndex }) => endIndex === null || endIndex >= index);
  }

  onOver(): void {
    this.standing.clear();
  }

  /** A removal, of whichever kind, was not answered, or took a part of a watch only (ZOOKEEPER-4471). */
  onDoubt(path: string, index: number): void {
    for (const [name, watch] of this.standing) {
      if (watch.path !== path) continue;
      this.standing.delete(name);
      this.doubtful = [...this.doubtful, { mode: watch.mode, path, index, endIndex: null }];
    }
  }

  onRemoved(path: string): void {
    for (const [name, watch] of this.standing) if (watch.path === path) this.standing.delete(name);
  }

  // ── Answers ──────────────────────────────────────────────────────────

  onAdded(mode: PersistentMode, path: string, index: number, zxid: Zxid): void {
    const name = `${mode} ${path}`;
    if (this.standing.has(name)) return;
    const due = this.tree.toldBy(mode, path);
    this.set += 1;
    this.standing.set(name, {
      mode, path, index, due, next: firstAfter(due, zxid), told: new Set(), seenBy: null, isMoving: false,
    });
  }

  /** What the session has seen with this answer was told before. Returns what comes too late. */
  onSeen(asked: Asked, seen: Zxid): readonly WatchEvent[] {
    const late: WatchEvent[] = [];
    this.seen = Math.max(this.seen, seen);
    for (const watch of this.standing.values()) {
      const next = Math.max(watch.next, firstAfter(watch.due, seen));
      const missing = watch.isMoving ? [] : watch.due.slice(watch.next, next).filter((one) => !watch.told.has(one));
      late.push(...this.untold(watch, missing, asked));
      watch.seenBy = asked;
      watch.next = next;
      watch.isMoving = false;
    }
    return late;
  }

  private untold(watch: Persistent, missing: readonly Trigger[], asked: Asked): readonly WatchEvent[] {
    const [first] = missing;
    if (first === undefined) return [];
    const behind = asked.operation.completedIndex as number;
    const late = missing.flatMap((trigger) => this.eventOf(trigger, behind) ?? []);
    this.fired += 1;
    const [event] = late;
    const what = `${first.type} of ${first.path} at ${showZxid(first.zxid)}`;
    const seen = `session ${this.session} was answered as of ${showZxid(asked.zxid as Zxid)}`;
    const about = { session: this.session, path: first.path };
    const lines = [watch.index, first.index, ...linesOf(asked)];
    const isLate = event !== undefined && this.eventOf(first, behind) === event;
    if (isLate) {
      const summary = `${seen} before it was told of ${what}`;
      this.breaches.add('K5', 'data-before-event', [...lines, event.index], summary, about);
    } else {
      const summary = `${seen}, and never told of ${what}, which a ${watch.mode} watch was to tell`;
      this.breaches.add('K7', 'event-lost', lines, summary, about);
    }
    return late;
  }

  private eventOf({ type, path, zxid }: Trigger, behind: number): WatchEvent | undefined {
    return this.events.find((event) =>
      event.index > behind && event.zxid === zxid && event.type === type && event.path === path);
  }

  // ── Events ───────────────────────────────────────────────────────────

  /**
   * Whether the event needs no other watch. `mayBeOther`: another one that a server has just set again may have told
   * it, of what had happened before; then it says nothing of where these stand.
   */
  onEvent(event: WatchEvent, mayBeOther: boolean): boolean {
    let isTold = false;
    for (const watch of this.standing.values()) {
      if (!isToldBy(watch.mode, watch.path, event)) continue;
      const at = placeOf(watch, event);
      if (at === null) continue;
      isTold = true;
      watch.told.add(watch.due[at] as Trigger);
      if (mayBeOther && watch.isMoving) continue;
      if (!watch.isMoving && at > watch.next) this.skipped(watch, at, event);
      watch.next = at + 1;
      watch.isMoving = false;
      this.fired += 1;
    }
    return isTold || this.isExplained(event);
  }

  /** Later ones were told first. That their order is wrong is another breach. */
  private skipped(watch: Persistent, at: number, event: WatchEvent): void {
    const missing = watch.due.slice(watch.next, at).find((trigger) =>
      !watch.told.has(trigger) && this.eventOf(trigger, event.index) === undefined);
    if (missing === undefined) return;
    const told = `session ${this.session} was told of ${event.type} of ${event.path} at ${showZxid(event.zxid)}`;
    const summary = `${told}, and not of ${missing.type} of ${missing.path} at ${showZxid(missing.zxid)} before it`;
    const about = { session: this.session, path: missing.path };
    this.breaches.add('K7', 'event-lost', [watch.index, missing.index, event.index], summary, about);
  }

  private isExplained(event: WatchEvent): boolean {
    return this.doubtful.some(({ mode, path, index }) => index < event.index && isToldBy(mode, path, event));
  }

  /** An event that nothing explains, where one of these watches stands: whether that says what is wrong with it. */
  blames(event: WatchEvent): boolean {
    const watch = [...this.standing.values()].find(({ mode, path }) => isToldBy(mode, path, event));
    if (watch === undefined) return false;
    const { session } = this;
    const about = { session, path: event.path };
    const what = `${event.type} of ${event.path} at ${showZxid(event.zxid)}`;
    const before = watch.due.slice(0, watch.next).find((one) => isOf(one, event) && !watch.told.has(one));
    const asked = watch.seenBy;
    if (before !== undefined && asked !== null && event.zxid <= (asked.zxid as Zxid)) {
      const lines = [watch.index, before.index, ...linesOf(asked), event.index];
      const seen = `session ${session} was answered as of ${showZxid(asked.zxid as Zxid)}`;
      this.breaches.add('K5', 'data-before-event', lines, `${seen} before it was told of ${what}`, about);
      return true;
    }
    // Out of order, which another finding says.
    if (before !== undefined && watch.told.size > 0) return true;
    const again = this.events.filter((one) => one.index < event.index && isOf(one, event)).at(-1);
    const lines = [watch.index, ...(again === undefined ? [] : [again.index]), event.index];
    const why = again === undefined ? 'where nothing had changed' : 'of which it had been told';
    const summary = `session ${session} was told of ${what}, ${why}`;
    this.breaches.add('K7', 'event-without-change', lines, summary, about);
    return true;
  }
}

/** Among what is to be told next, and later. */
function placeOf({ due, next, told }: Persistent, event: WatchEvent): number | null {
  for (let at = Math.max(next, firstAfter(due, event.zxid - 1)); due[at]?.zxid === event.zxid; at += 1) {
    const one = due[at] as Trigger;
    if (isOf(one, event) && !told.has(one)) return at;
  }
  return null;
}

function isOf(one: Pick<WatchEvent, 'zxid' | 'type' | 'path'>, event: WatchEvent): boolean {
  return one.zxid === event.zxid && one.type === event.type && one.path === event.path;
}
