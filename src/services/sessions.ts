import type { Plain } from '../contract/message.ts';
import type { Service } from '../contract/service.ts';
import type { SessionCommand, SessionLimits, SessionResult } from '../contract/session.ts';
import type { Applied, StateMachine } from '../contract/state-machine.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import { type TimeUs, US_PER_S } from '../kernel/time.ts';
import { exchange, mix, mixInteger, mixPlain, unsigned } from '../contract/hash.ts';
import { seal, unseal } from '../contract/seal.ts';

/** What is remembered of one session. */
export interface Session {
  readonly client: number;
  /** Nobody waits any more for the result of a lower sequence number; it is gone. */
  acknowledged: number;
  /** Result of sequence number `acknowledged + i`; `null` where a later command overtook it, or where a read was. */
  results: (SessionResult | null)[];
  /** The cluster's time at its last command. */
  lastUsedUs: TimeUs;
  /** Number of that command among all that were applied in some session: the lowest was used least recently. */
  lastUse: number;
  /** What the session adds to the digest of the table, but for its results. */
  hash: number;
  /** What all of its results add. */
  resultsHash: number;
}

/** State of a {@link SessionMachine}: plain data, so that a snapshot can carry all of it. */
export interface SessionState<S = unknown> {
  readonly service: S;
  /** By session number. */
  readonly sessions: Map<number, Session>;
  /** Number of the last session that was registered; they begin at 1. */
  registered: number;
  /** The cluster's time at the last command. */
  timeUs: TimeUs;
  /** How often any session was used. */
  uses: number;
  /** No session was used last before this. */
  idleSinceUs: TimeUs;
  /** Of `sessions`. */
  tableDigest: number;
}

type SavedSession = Pick<Session, 'client' | 'acknowledged' | 'results' | 'lastUsedUs'>;
/** The session used least recently comes first: numbers of uses are not saved. */
type Saved = readonly [
  service: string, sessions: readonly [number, SavedSession][], registered: number, timeUs: TimeUs,
];
export type Execute = Extract<SessionCommand, { kind: 'execute' }>;

/** Far beyond what a client thinks or waits in a run of a minute. */
export const GENEROUS_LIMITS: SessionLimits = { timeoutUs: 60 * US_PER_S, max: 10_000 };

/**
 * Client sessions around a service (Raft thesis §6.3): a command that arrives again, from a retry or from a network
 * that duplicates, is answered with its first result and is not executed again.
 *
 * A session that was not used for longer than {@link SessionLimits.timeoutUs} expires. Which ones have is a function of
 * the log: the time is the cluster's, as the log has it, and they go before the next command that is applied, whatever
 * it is. A command of an expired session is never executed: an earlier copy may have been, before the table forgot it.
 * Only applied commands count as use, not questions: clients that think, or only read, for longer than that lose their
 * session and get another. There is no keep-alive.
 */
export class SessionMachine<S = unknown> implements StateMachine<SessionState<S>> {
  readonly name: string;
  protected readonly limits: SessionLimits;
  private readonly service: Service<S>;

  constructor(service: Service<S>, limits: SessionLimits = GENEROUS_LIMITS) {
    this.name = `${service.name} with sessions`;
    this.service = service;
    this.limits = limits;
  }

  initial(): SessionState<S> {
    return withoutSessions(this.service.initial(), 0, 0);
  }

  digest(state: SessionState<S>): number {
    return unsigned(mix(this.sessionsDigest(state), this.service.digest(state.service)));
  }

  sessionsDigest(state: SessionState<S>): number {
    return unsigned(mix(mix(3, state.registered), state.tableDigest));
  }

  /** A question needs no session: asked twice, it changes nothing twice. */
  query(state: SessionState<S>, command: Plain): { readonly result: Plain } | null {
    const request = command as unknown as SessionCommand;
    const result = request.kind === 'execute' ? this.service.query(state.service, request.operation) : null;
    return result === null ? null : { result };
  }

  save(state: SessionState<S>): string {
    return this.saveLater(state)();
  }

  saveLater({ service, sessions, registered, timeUs }: SessionState<S>): () => string {
    const textOfService = this.service.saveLater(service);
    const copies: [number, Session][] = [];
    sessions.forEach((session, number) => copies.push([number, { ...session, results: session.results.slice() }]));
    return () => {
      const saved = copies.sort(byUse).map(([number, { client, acknowledged, results, lastUsedUs }]) =>
        [number, { client, acknowledged, results, lastUsedUs }] as [number, SavedSession]);
      return seal(this.name, [textOfService(), saved, registered, timeUs] satisfies Saved);
    };
  }

  load(text: string): SessionState<S> {
    const [service, saved, registered, timeUs] = unseal(this.name, text) as Saved;
    const state = withoutSessions(this.service.load(service), registered, timeUs);
    for (const [number, { client, acknowledged, results, lastUsedUs }] of saved) {
      const session = addSession(state, number, client, acknowledged, lastUsedUs);
      results.forEach((result, position) => remember(state, number, session, acknowledged + position, result));
    }
    return state;
  }

  apply(state: SessionState<S>, command: Plain, timeUs: TimeUs): Applied {
    assert(timeUs >= state.timeUs, "the cluster's time never goes back");
    state.timeUs = timeUs;
    const request = command as unknown as SessionCommand;
    const max = request.kind === 'register' ? this.limits.max - 1 : this.limits.max;
    if (state.sessions.size > max || this.mayHaveExpired(state)) this.expire(state, max);
    if (request.kind === 'register') return this.register(state, request.client);
    const session = state.sessions.get(request.session);
    if (session === undefined) return this.applyWithoutSession(state, request);
    touch(state, request.session, session, request.acknowledged);
    // Nobody waits for the answer to this one, so only a late duplicate asks.
    if (request.sequence < session.acknowledged) return NO_SESSION;
    const earlier = this.earlierResult(session, request.sequence);
    if (earlier !== null) return notExecuted(earlier);
    const result = this.service.apply(state.service, request.operation, session.client, timeUs);
    remember(state, request.session, session, request.sequence, result);
    return result.kind === 'ok' ? { result, executed: request } : notExecuted(result);
  }

  private register(state: SessionState<S>, client: number): Applied {
    state.registered += 1;
    admit(state, state.registered, client);
    return notExecuted({ kind: 'registered', session: state.registered });
  }

  /**
   * Whether a look at the table is due. Each look shows since when nobody was idle, so that the next one is not due
   * before that session has expired: looks are as rare as sessions that are used are many.
   */
  protected mayHaveExpired({ timeUs, idleSinceUs }: SessionState): boolean {
    return timeUs - idleSinceUs > this.limits.timeoutUs;
  }

  /** In the order of use: whoever has not expired, and is not one too many, ends the search. */
  private expire(state: SessionState<S>, max: number): void {
    state.idleSinceUs = state.timeUs;
    for (const [number, session] of [...state.sessions].sort(byUse)) {
      if (state.sessions.size <= max && !this.isExpired(session, state.timeUs)) {
        state.idleSinceUs = session.lastUsedUs;
        return;
      }
      state.tableDigest = exchange(exchange(state.tableDigest, session.hash, 0), session.resultsHash, 0);
      state.sessions.delete(number);
    }
  }

  /** §6.3 By the time of the log, so that every node expires the same sessions before the same command. */
  protected isExpired(session: Session, timeUs: TimeUs): boolean {
    return timeUs - session.lastUsedUs > this.limits.timeoutUs;
  }

  /** §6.3 Not executed: whether a session forgot a command or never saw it, the table cannot tell any more. */
  protected applyWithoutSession(state: SessionState<S>, { session }: Execute): Applied {
    return session >= 1 && session <= state.registered ? EXPIRED : NO_SESSION;
  }

  /** §6.3 A command that was executed already is not executed again: its first result; `null` if it was not. */
  protected earlierResult(session: Session, sequence: number): SessionResult | null {
    return session.results[sequence - session.acknowledged] ?? null;
  }
}

const NO_SESSION: Applied = notExecuted({ kind: 'no-session' });
const EXPIRED: Applied = notExecuted({ kind: 'expired' });

function notExecuted(result: SessionResult): Applied {
  return { result, executed: null };
}

/** The one place where a state is made: V8 optimises for one kind of object, and a copy with changes is another. */
function withoutSessions<S>(service: S, registered: number, timeUs: TimeUs): SessionState<S> {
  return { service, sessions: new Map(), registered, timeUs, uses: 0, idleSinceUs: 0, tableDigest: 0 };
}

/** Gives a client an empty session of this number. */
export function admit(state: SessionState, number: number, client: number): void {
  addSession(state, number, client, 1, state.timeUs);
}

function addSession(
  state: SessionState, number: number, client: number, acknowledged: number, lastUsedUs: TimeUs,
): Session {
  state.uses += 1;
  const session: Session = {
    client, acknowledged, results: [], lastUsedUs, lastUse: state.uses, hash: 0, resultsHash: 0,
  };
  state.sessions.set(number, session);
  rehash(state, number, session);
  return session;
}

/** An order of sessions: the one used least recently comes first. */
function byUse([, a]: readonly [number, Session], [, b]: readonly [number, Session]): number {
  return a.lastUse - b.lastUse;
}

/** Takes note of a use, drops what nobody waits for. Duplicates come in any order: `acknowledged` never goes back. */
function touch(state: SessionState, number: number, session: Session, acknowledged: number): void {
  state.uses += 1;
  session.lastUsedUs = state.timeUs;
  session.lastUse = state.uses;
  if (acknowledged > session.acknowledged) prune(state, number, session, acknowledged);
  rehash(state, number, session);
}

function prune(state: SessionState, number: number, session: Session, acknowledged: number): void {
  const { results } = session;
  const dropped = acknowledged - session.acknowledged;
  if (dropped < results.length) {
    for (let position = 0; position < dropped; position++) {
      changeResult(state, session, resultHash(number, session.acknowledged + position, results[position] ?? null), 0);
    }
    results.splice(0, dropped);
  } else {
    // Nearly always: most clients wait for one result at a time. The array stays, and has room for the next one.
    changeResult(state, session, session.resultsHash, 0);
    while (results.length > 0) results.pop();
  }
  session.acknowledged = acknowledged;
}

function remember(
  state: SessionState, number: number, session: Session, sequence: number, result: SessionResult | null,
): void {
  const { results } = session;
  const position = sequence - session.acknowledged;
  const earlier = position < results.length ? results[position] ?? null : null;
  while (results.length < position) results.push(null);
  results[position] = result;
  changeResult(state, session, resultHash(number, sequence, earlier), resultHash(number, sequence, result));
}

/** A result comes, goes or becomes another one. */
function changeResult(state: SessionState, session: Session, before: number, after: number): void {
  session.resultsHash = exchange(session.resultsHash, before, after);
  state.tableDigest = exchange(state.tableDigest, before, after);
}

/** After a change of anything but the results. */
function rehash(state: SessionState, number: number, session: Session): void {
  const { client, acknowledged, lastUsedUs } = session;
  const hash = mixInteger(mixInteger(mix(mix(4, number), client), acknowledged), lastUsedUs);
  state.tableDigest = exchange(state.tableDigest, session.hash, hash);
  session.hash = hash;
}

/** Of a list, its length and its last element: a hash of all would make each read cost the length of what it reads. */
function resultHash(number: number, sequence: number, result: SessionResult | null): number {
  if (result === null) return 0;
  const hash = mix(mix(5, number), sequence);
  if (result.kind !== 'ok') return mix(hash, codeOf(result));
  const { value } = result;
  if (!Array.isArray(value)) return mixPlain(hash, value);
  return mixPlain(mix(hash, value.length), value[value.length - 1] as Plain);
}

/** A result that is no value, as a number. Above those that `mixPlain` folds in before a value of some kind. */
function codeOf(result: Exclude<SessionResult, { kind: 'ok' }>): number {
  switch (result.kind) {
    case 'refused': return 6;
    case 'registered': return 7;
    case 'expired': return 8;
    case 'no-session': return 9;
    default: return unreachable(result);
  }
}
