import type {
  SessionId, SessionTurn, WatchEvent, WatchEventType, ZnodeRequest, Zxid,
} from '../../src/history/znode-lines.ts';
import { Breaches, showZxid, type Found } from './breaches.ts';
import { PersistentWatches, type Doubtful } from './persistent-watches.ts';
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
 * - A watch that was removed has no event any more; of one whose removal was lost nobody can say.
 * - Persistent watches stand beside all of these: see {@link PersistentWatches}. A client is told once of what several
 *   of its watches wait for.
 */
export function judgeWatches(record: ZnodeRecord): Found {
  const breaches = new Breaches(record);
  const tree = treeOf(record.committed);
  const sessions = momentsBySession(record);
  const lost = { standard: lostWatches(record), persistent: lostPersistent(record) };
  const counts = { set: 0, fired: 0, open: 0 };
  for (const [session, moments] of sessions) {
    const watched = new WatchedSession(session, moments, lost, tree, breaches);
    for (const moment of moments) watched.take(moment);
    counts.set += watched.set + watched.persistent.set;
    counts.fired += watched.fired + watched.persistent.fired;
    counts.open += watched.open() + watched.persistent.open;
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
  /** A removal was asked for, and not answered. */
  | { readonly index: number; readonly kind: 'doubt'; readonly request: Removal }
  | { readonly index: number; readonly kind: 'event'; readonly event: WatchEvent }
  | { readonly index: number; readonly kind: 'turn'; readonly turn: SessionTurn };

type Removal = Extract<ZnodeRequest, { op: 'remove-watches' }>;

function momentsBySession(record: ZnodeRecord): ReadonlyMap<SessionId, readonly Moment[]> {
  const { asked, events, turns } = record;
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
  const sessionsOf = sessionsByProcess(record);
  for (const { request, operation: { process, invokedIndex: index }, zxid } of asked) {
    if (zxid !== null || request.op !== 'remove-watches') continue;
    for (const session of sessionsOf.get(process) ?? sessions.keys()) add(session, { index, kind: 'doubt', request });
  }
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

interface LostWatches {
  readonly standard: readonly LostWatch[];
  readonly persistent: readonly (Doubtful & Pick<LostWatch, 'sessions'>)[];
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

/** The same of those that would not have ended with their first event. */
function lostPersistent(record: ZnodeRecord): readonly (Doubtful & Pick<LostWatch, 'sessions'>)[] {
  const sessionsOf = sessionsByProcess(record);
  return record.asked.flatMap(({ request, operation, zxid }): readonly (Doubtful & Pick<LostWatch, 'sessions'>)[] => {
    if (zxid !== null || request.op !== 'add-watch') return [];
    const { process, invokedIndex: index, completedIndex: endIndex } = operation;
    return [{ mode: request.mode, path: request.path, sessions: sessionsOf.get(process) ?? null, index, endIndex }];
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
  readonly persistent: PersistentWatches;
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
  /** Where it was in its transaction; `null` where that is not known. */
  private lastPlace: number | null = null;

  constructor(
    session: SessionId, moments: readonly Moment[], lost: LostWatches, tree: TreeHistory, breaches: Breaches,
  ) {
    this.session = session;
    this.tree = tree;
    this.breaches = breaches;
    this.events = moments.flatMap((moment) => (moment.kind === 'event' ? [moment.event] : []));
    const mayBeOwn = ({ sessions }: Pick<LostWatch, 'sessions'>): boolean => sessions?.has(session) ?? true;
    for (const one of lost.standard) if (mayBeOwn(one) && !this.lost.has(one.name)) this.lost.set(one.name, one);
    this.persistent = new PersistentWatches(session, this.events, lost.persistent.filter(mayBeOwn), tree, breaches);
  }

  open(): number {
    return this.standing.size;
  }

  take(moment: Moment): void {
    switch (moment.kind) {
      case 'answer': return this.onAnswer(moment.asked);
      case 'doubt': return this.onDoubt(moment.request, moment.index);
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
      this.persistent.onConnected(index);
    }
    if (state !== 'expired' && state !== 'closed') return;
    this.standing.clear();
    this.persistent.onOver();
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
    for (const event of this.persistent.onSeen(asked, seen)) this.excused.add(event);
    const isAwaited = request.op === 'exists' && error === 'NoNode';
    if (error !== null && !isAwaited) return;
    if (request.op === 'remove-watches') return this.onRemoved(request, index);
    if (request.op === 'add-watch') return this.persistent.onAdded(request.mode, request.path, index, zxid as Zxid);
    if (!('watch' in request) || !request.watch) return;
    const table = request.op === 'children' ? 'children' : 'data';
    const { path } = request;
    const name = nameOf(table, path);
    this.twice.delete(name);
    if (this.standing.has(name)) return;
    this.set += 1;
    this.standing.set(name, { table, path, isAwaited, index, sinceZxid: zxid as Zxid, isMoving: false });
  }

  private onRemoved({ type, path }: Removal, index: number): void {
    for (const table of tablesOf(type)) this.standing.delete(nameOf(table, path));
    if (type === 'any') this.persistent.onRemoved(path);
    else this.persistent.onDoubt(path, index);
  }

  private onDoubt({ type, path }: Removal, index: number): void {
    for (const table of tablesOf(type)) {
      const name = nameOf(table, path);
      if (this.standing.delete(name)) this.lost.set(name, { index, endIndex: null });
    }
    this.persistent.onDoubt(path, index);
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
      this.lastPlace = null;
    } else {
      this.inPlace(event);
    }
    this.lastEvent = event;
    if (this.excused.has(event)) return;

    const watches = TABLES[type].flatMap((table) => this.standing.get(nameOf(table, path)) ?? []);
    const mayBeOther = watches.some(({ isMoving }) => isMoving) || this.twice.has(nameOf('children', path))
      || this.mayBeLost(event);
    const isToldToOther = this.persistent.onEvent(event, mayBeOther);
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
      if (isToldToOther || this.persistent.blames(event)) return;
      const summary = `session ${this.session} was told of ${what}, for which no watch stood`;
      return this.breaches.add('K7', 'event-unasked', [...this.before(event), index], summary, about);
    }
    const first = this.tree.triggerAfter(watch.table, path, watch.sinceZxid);
    if (isToldToOther && (first === null || first.zxid > zxid)) return;
    this.standing.delete(nameOf(watch.table, path));
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

  private isExplained(event: WatchEvent): boolean {
    const { type, path } = event;
    return this.mayBeLost(event)
      || (type === 'NodeDeleted' && TABLES[type].some((table) => this.twice.delete(nameOf(table, path))));
  }

  /** Whether it may be that of a watch of which nobody knows whether it stands. */
  private mayBeLost({ type, path, index }: WatchEvent): boolean {
    return TABLES[type].some((table) => (this.lost.get(nameOf(table, path))?.index ?? index) < index);
  }

  /** Of what one transaction did, the first is told first, unless a server says what was missed. */
  private inPlace(event: WatchEvent): void {
    const { lastEvent, lastPlace } = this;
    const { type, path, zxid, index } = event;
    let isMoving = false;
    for (const watch of this.standing.values()) isMoving ||= watch.isMoving;
    const places = isMoving ? [] : this.tree.placesOf(event, zxid);
    const isBehind = lastEvent?.zxid === zxid && lastPlace !== null;
    const place = isBehind ? places.find((one) => one > lastPlace) ?? places.find((one) => one === lastPlace)
      : places[0];
    this.lastPlace = place ?? places[0] ?? null;
    if (!isBehind || place !== undefined || places.length === 0) return;
    const summary = `session ${this.session} was told of ${type} of ${path} after ${lastEvent.type} of `
      + `${lastEvent.path}, which ${showZxid(zxid)} did later`;
    this.breaches.add('K6', 'events-swapped', [lastEvent.index, index], summary, { session: this.session, path });
  }

  /** The event of the same watch before, if there was one. */
  private before({ path, index }: WatchEvent): readonly number[] {
    const earlier = this.events.filter((event) => event.path === path && event.index < index).at(-1);
    return earlier === undefined ? [] : [earlier.index];
  }
}

function tablesOf(type: Removal['type']): readonly WatchTable[] {
  return type === 'any' ? ['data', 'children'] : [type];
}

function nameOf(table: WatchTable, path: string): string {
  return `${table} ${path}`;
}
