import type { SessionId, SessionTurn, WatchEvent, WatchEventType, Zxid } from '../../src/history/znode-lines.ts';
import { Breaches, showZxid, type Found } from './breaches.ts';
import { isAnswered, sessionsByProcess, type Asked, type ZnodeRecord } from './record.ts';
import { treeOf, type TreeHistory, type Trigger, type WatchTable } from './tree.ts';

/**
 * K5, K6 and K7: each watch has one event, at the first change behind the answer that set it, before anything newer is
 * seen, and in the order of the changes.
 *
 * - A watch is set by an answer: of `get` and `children`, of `exists` also by NoNode. It stands until its event, or the
 *   end of its session. What is asked for twice is watched once.
 * - When a session is answered as of a zxid, every change up to it has been told (K5, or K7 if it never is). Whoever is
 *   not answered any more has nothing to complain of: the answer may be on its way, or the session be over.
 * - A session that moves takes its watches along, and the next server says of each whether it missed something, as of
 *   then: an event may so be of another kind, and later, than the change it is about. Of a znode that was awaited, and
 *   that came and went meanwhile, nothing is told (documented so), and the watch stands.
 * - A watch whose answer was lost may have been set: events that only it explains are no breach.
 */
export function judgeWatches(record: ZnodeRecord): Found {
  const breaches = new Breaches(record);
  const tree = treeOf(record.committed);
  const sessions = momentsBySession(record);
  const lost = lostWatches(record);
  const counts = { set: 0, fired: 0, open: 0 };
  for (const [session, moments] of sessions) {
    const watched = new WatchedSession(session, moments, lost, tree, breaches);
    for (const moment of moments) watched.take(moment);
    counts.set += watched.set;
    counts.fired += watched.fired;
    counts.open += watched.open();
  }
  const checked = { watches: counts.set, events: record.events.length, due: counts.fired };
  if (counts.set === 0) return { breaches, checked, unknown: 'no watch was set' };
  if (counts.fired === 0) return { breaches, checked, unknown: 'of no watch was anything to be told' };
  const valid = `${counts.fired} events of ${counts.set} watches came once, in order, and before what is newer`;
  return { breaches, checked, valid };
}

/** What happens to one session, by the lines. */
type Moment =
  | { readonly index: number; readonly kind: 'answer'; readonly asked: Asked }
  | { readonly index: number; readonly kind: 'event'; readonly event: WatchEvent }
  | { readonly index: number; readonly kind: 'turn'; readonly turn: SessionTurn };

function momentsBySession({ asked, events, turns }: ZnodeRecord): ReadonlyMap<SessionId, readonly Moment[]> {
  const sessions = new Map<SessionId, Moment[]>();
  const add = (session: SessionId, moment: Moment): void => {
    const moments = sessions.get(session);
    if (moments === undefined) sessions.set(session, [moment]);
    else moments.push(moment);
  };
  for (const one of asked) {
    if (!isAnswered(one)) continue;
    add(one.session as SessionId, { index: one.operation.completedIndex as number, kind: 'answer', asked: one });
  }
  for (const event of events) add(event.session, { index: event.index, kind: 'event', event });
  for (const turn of turns) add(turn.session, { index: turn.index, kind: 'turn', turn });
  for (const moments of sessions.values()) moments.sort((left, right) => left.index - right.index);
  return sessions;
}

/** A watch that may have been set by an answer that was lost. */
interface LostWatch {
  readonly name: string;
  /** Sessions that may have set it; `null`: any. */
  readonly sessions: ReadonlySet<SessionId> | null;
  /** Line of the invocation, and of its end. */
  readonly index: number;
  readonly endIndex: number | null;
}

/** In the order of the invocations. Found once for all sessions: hundreds may come and go in one history. */
function lostWatches(record: ZnodeRecord): readonly LostWatch[] {
  const sessionsOf = sessionsByProcess(record);
  return record.asked.flatMap(({ request, operation, zxid }): readonly LostWatch[] => {
    if (zxid !== null || !('watch' in request) || !request.watch) return [];
    const { process, invokedIndex: index, completedIndex: endIndex } = operation;
    const name = nameOf(request.op === 'children' ? 'children' : 'data', request.path);
    return [{ name, sessions: sessionsOf.get(process) ?? null, index, endIndex }];
  });
}

/** A watch that stands. */
interface Watch {
  readonly table: WatchTable;
  readonly path: string;
  /** Set by `exists` of what was not there. */
  readonly isAwaited: boolean;
  /** The answer that set it. */
  readonly index: number;
  /** What it waits for comes behind this. */
  sinceZxid: Zxid;
  /** Whether the session has gone to another server, and had no answer there yet. */
  isMoving: boolean;
}

/** Which tables an event empties. */
const TABLES: Readonly<Record<WatchEventType, readonly WatchTable[]>> = {
  NodeCreated: ['data'],
  NodeDataChanged: ['data'],
  NodeDeleted: ['data', 'children'],
  NodeChildrenChanged: ['children'],
};

class WatchedSession {
  set = 0;
  fired = 0;
  private readonly session: SessionId;
  private readonly tree: TreeHistory;
  private readonly breaches: Breaches;
  private readonly events: readonly WatchEvent[];
  private readonly standing = new Map<string, Watch>();
  /** Watches of lost answers, by table and path. */
  private readonly lost = new Map<string, Pick<LostWatch, 'index' | 'endIndex'>>();
  /** Events that were told too late already, or that one event has told for two watches. */
  private readonly excused = new Set<WatchEvent>();
  private readonly twice = new Set<string>();
  private lastEvent: WatchEvent | null = null;

  constructor(
    session: SessionId, moments: readonly Moment[], lost: readonly LostWatch[], tree: TreeHistory, breaches: Breaches,
  ) {
    this.session = session;
    this.tree = tree;
    this.breaches = breaches;
    this.events = moments.flatMap((moment) => (moment.kind === 'event' ? [moment.event] : []));
    for (const one of lost) {
      if ((one.sessions?.has(session) ?? true) && !this.lost.has(one.name)) this.lost.set(one.name, one);
    }
  }

  open(): number {
    return this.standing.size;
  }

  take(moment: Moment): void {
    switch (moment.kind) {
      case 'answer': return this.onAnswer(moment.asked);
      case 'event': return this.onEvent(moment.event);
      case 'turn': return this.onTurn(moment.turn);
    }
  }

  private onTurn({ state, index }: SessionTurn): void {
    this.lastEvent = null;
    if (state === 'connected') {
      for (const watch of this.standing.values()) watch.isMoving = true;
      // With its connection the watch is gone, and who never knew of it tells nobody else.
      for (const [name, { endIndex }] of this.lost) if (endIndex !== null && endIndex < index) this.lost.delete(name);
    }
    if (state === 'expired' || state === 'closed') this.standing.clear();
  }

  // ── Answers ──────────────────────────────────────────────────────────

  private onAnswer(asked: Asked): void {
    const { request, error, operation, zxid } = asked;
    const index = operation.completedIndex as number;
    // Of what goes with a session it need not be told any more.
    const seen = request.op === 'close' ? (zxid as Zxid) - 1 : zxid as Zxid;
    for (const [name, watch] of this.standing) {
      const trigger = this.dueAt(watch, seen);
      if (trigger !== null) {
        this.standing.delete(name);
        this.untold(watch, trigger, asked, index);
      }
      // The server was told of the watches before it was asked for anything.
      watch.isMoving = false;
    }
    if (!('watch' in request) || !request.watch) return;
    const isAwaited = request.op === 'exists' && error === 'NoNode';
    if (error !== null && !isAwaited) return;
    const table = request.op === 'children' ? 'children' : 'data';
    const { path } = request;
    const name = nameOf(table, path);
    this.twice.delete(name);
    if (this.standing.has(name)) return;
    this.set += 1;
    this.standing.set(name, { table, path, isAwaited, index, sinceZxid: zxid as Zxid, isMoving: false });
  }

  /** What should have been told by now; `null` if nothing should. */
  private dueAt(watch: Watch, zxid: Zxid): Trigger | null {
    const trigger = this.tree.triggerAfter(watch.table, watch.path, watch.sinceZxid);
    if (trigger === null || trigger.zxid > zxid) return null;
    const isMissed = watch.isAwaited && watch.isMoving && this.tree.at(watch.path, zxid).znode === null;
    if (!isMissed) return trigger;
    watch.sinceZxid = zxid;
    return null;
  }

  private untold(watch: Watch, trigger: Trigger, { operation, zxid }: Asked, index: number): void {
    this.fired += 1;
    // What comes later than this answer has seen is told of a later watch.
    const untilZxid = watch.isMoving ? zxid as Zxid : trigger.zxid;
    const late = this.events.find((event) => event.index > index && event.path === watch.path
      && event.zxid >= trigger.zxid && event.zxid <= untilZxid && TABLES[event.type].includes(watch.table));
    const what = `${trigger.type} of ${watch.path} at ${showZxid(trigger.zxid)}`;
    const seen = `session ${this.session} was answered as of ${showZxid(zxid as Zxid)}`;
    const lines = [watch.index, trigger.index, operation.invokedIndex, index];
    const about = { session: this.session, path: watch.path };
    if (late === undefined) {
      // The server may have kept it for the next change: that one breach is told once.
      this.lost.set(nameOf(watch.table, watch.path), { index, endIndex: null });
      return this.breaches.add('K7', 'event-lost', lines, `${seen}, and never told of ${what}`, about);
    }
    this.excused.add(late);
    const summary = `${seen} before it was told of ${what}`;
    this.breaches.add('K5', 'data-before-event', [...lines, late.index], summary, about);
  }

  // ── Events ───────────────────────────────────────────────────────────

  private onEvent(event: WatchEvent): void {
    const { type, path, zxid, index } = event;
    const about = { session: this.session, path };
    const what = `${type} of ${path} at ${showZxid(zxid)}`;
    const { lastEvent } = this;
    if (lastEvent !== null && zxid < lastEvent.zxid) {
      const summary = `session ${this.session} was told of ${what} after ${showZxid(lastEvent.zxid)}`;
      this.breaches.add('K6', 'events-swapped', [lastEvent.index, index], summary, about);
    } else {
      this.inPlace(event);
    }
    this.lastEvent = event;
    if (this.excused.has(event)) return;

    const watches = TABLES[type].flatMap((table) => this.standing.get(nameOf(table, path)) ?? []);
    const answered = watches.filter((watch) => this.isDueTo(watch, event));
    for (const { table } of answered) {
      this.standing.delete(nameOf(table, path));
      this.fired += 1;
    }
    // Who comes back to a server may be told of the same end twice, for the data and for the children.
    if (answered.length === 2) this.twice.add(nameOf('children', path));
    if (answered.length > 0 || this.isExplained(event)) return;
    const [watch] = watches;
    if (watch === undefined) {
      const summary = `session ${this.session} was told of ${what}, for which no watch stood`;
      return this.breaches.add('K7', 'event-unasked', [...this.before(event), index], summary, about);
    }
    this.standing.delete(nameOf(watch.table, path));
    const first = this.tree.triggerAfter(watch.table, path, watch.sinceZxid);
    const lines = [watch.index, ...(first === null ? [] : [first.index]), index];
    const told = `session ${this.session} was told of ${what}`;
    if (first === null || first.zxid > zxid) {
      return this.breaches.add('K7', 'event-without-change', lines, `${told}, where nothing had changed`, about);
    }
    const missed = `${told}, and not of ${first.type} at ${showZxid(first.zxid)} before it`;
    this.breaches.add('K7', 'event-lost', lines, missed, about);
  }

  /** Whether the event is what the watch was waiting for. */
  private isDueTo(watch: Watch, { type, zxid, path }: WatchEvent): boolean {
    const first = this.tree.triggerAfter(watch.table, path, watch.sinceZxid);
    if (first === null || first.zxid > zxid) return false;
    // As of the time when the server found out, and of what it found: not of each step that led there.
    if (watch.isMoving) return true;
    return first.zxid === zxid && first.type === type;
  }

  private isExplained({ type, path, index }: WatchEvent): boolean {
    const names = TABLES[type].map((table) => nameOf(table, path));
    if (names.some((name) => (this.lost.get(name)?.index ?? index) < index)) return true;
    return type === 'NodeDeleted' && names.some((name) => this.twice.delete(name));
  }

  /** Of what one transaction did, the first is told first, unless a server says what was missed. */
  private inPlace({ type, path, zxid, index }: WatchEvent): void {
    const { lastEvent } = this;
    if (lastEvent === null || lastEvent.zxid !== zxid) return;
    const [before, now] = [this.placeOf(lastEvent), this.placeOf({ type, path, zxid })];
    if (before === null || now === null || before <= now) return;
    const summary = `session ${this.session} was told of ${type} of ${path} after ${lastEvent.type} of `
      + `${lastEvent.path}, which ${showZxid(zxid)} did later`;
    this.breaches.add('K6', 'events-swapped', [lastEvent.index, index], summary, { session: this.session, path });
  }

  /** The first place of an event in its transaction; `null` where a server only found out. */
  private placeOf({ type, path, zxid }: Pick<WatchEvent, 'type' | 'path' | 'zxid'>): number | null {
    const table = type === 'NodeChildrenChanged' ? 'children' : 'data';
    if ([...this.standing.values()].some(({ isMoving }) => isMoving)) return null;
    const trigger = this.tree.triggerAfter(table, path, zxid - 1);
    return trigger !== null && trigger.zxid === zxid && trigger.type === type ? trigger.place : null;
  }

  /** The event of the same watch before, if there was one. */
  private before({ path, index }: WatchEvent): readonly number[] {
    const earlier = this.events.filter((event) => event.path === path && event.index < index).at(-1);
    return earlier === undefined ? [] : [earlier.index];
  }
}

function nameOf(table: WatchTable, path: string): string {
  return `${table} ${path}`;
}
