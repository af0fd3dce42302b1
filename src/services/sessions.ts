import type { Plain } from '../contract/message.ts';
import type { SessionCommand, SessionResult } from '../contract/session.ts';
import type { Applied, StateMachine } from '../contract/state-machine.ts';
import type { TimeUs } from '../kernel/time.ts';
import { mix } from './hash.ts';

/** What is remembered of one session. */
export interface Session {
  /** Every lower sequence number was answered; its result is gone. */
  acknowledged: number;
  /** Result of sequence number `acknowledged + i`; `null` where a later command overtook it. */
  readonly results: (SessionResult | null)[];
}

/** State of a {@link SessionMachine}: plain data, so that a snapshot can carry all of it. */
export interface SessionState<S = unknown> {
  readonly service: S;
  /** Session number n is at array index n - 1. */
  readonly sessions: Session[];
  digest: number;
}

/** What {@link SessionMachine.save} writes. */
interface SavedState {
  readonly service: string;
  readonly sessions: Session[];
  readonly digest: number;
}

/**
 * Client sessions around a service (Raft thesis §6.3): a command that arrives again, from a retry or from a network
 * that duplicates, is answered with its first result and is not executed again. Sessions do not expire.
 */
export class SessionMachine<S = unknown> implements StateMachine<SessionState<S>> {
  readonly name: string;
  private readonly service: StateMachine<S>;

  constructor(service: StateMachine<S>) {
    this.name = `${service.name} with sessions`;
    this.service = service;
  }

  initial(): SessionState<S> {
    return { service: this.service.initial(), sessions: [], digest: 0 };
  }

  digest(state: SessionState<S>): number {
    return mix(state.digest, this.service.digest(state.service));
  }

  query(state: SessionState<S>, command: Plain): { readonly result: Plain } | null {
    const request = command as unknown as SessionCommand;
    // A session that is not known here may be known further on in the log.
    if (request.kind !== 'execute' || state.sessions[request.session - 1] === undefined) return null;
    return this.service.query(state.service, request.operation as unknown as Plain);
  }

  save({ service, sessions, digest }: SessionState<S>): string {
    return JSON.stringify({ service: this.service.save(service), sessions, digest });
  }

  load(text: string): SessionState<S> {
    const { service, sessions, digest } = JSON.parse(text) as SavedState;
    return { service: this.service.load(service), sessions, digest };
  }

  apply(state: SessionState<S>, command: Plain, timeUs: TimeUs): Applied {
    const request = command as unknown as SessionCommand;
    if (request.kind === 'register') {
      state.sessions.push({ acknowledged: 1, results: [] });
      const session = state.sessions.length;
      state.digest = mix(state.digest, session);
      return notExecuted({ kind: 'registered', session });
    }
    const session = state.sessions[request.session - 1];
    if (session === undefined) return NO_SESSION;
    prune(session, request.acknowledged);
    // The answer to this one has arrived already, so only a late duplicate asks.
    if (request.sequence < session.acknowledged) return NO_SESSION;
    if (this.isDuplicate(session, request.sequence)) {
      return notExecuted(session.results[request.sequence - session.acknowledged] ?? null);
    }
    const result = this.service.apply(state.service, request.operation as unknown as Plain, timeUs).result as SessionResult;
    remember(session, request.sequence, result);
    state.digest = mix(mix(state.digest, request.session), request.sequence);
    return result.kind === 'ok' ? { result, executed: request } : notExecuted(result);
  }

  /** §6.3 A command that was executed already is not executed again. */
  protected isDuplicate(session: Session, sequence: number): boolean {
    return (session.results[sequence - session.acknowledged] ?? null) !== null;
  }
}

const NO_SESSION: Applied = notExecuted({ kind: 'no-session' });

function notExecuted(result: SessionResult | null): Applied {
  return { result, executed: null };
}

/** Drops results that the client has seen. Duplicates arrive in any order: `acknowledged` never goes back. */
function prune(session: Session, acknowledged: number): void {
  if (acknowledged <= session.acknowledged) return;
  session.results.splice(0, acknowledged - session.acknowledged);
  session.acknowledged = acknowledged;
}

function remember(session: Session, sequence: number, result: SessionResult): void {
  const position = sequence - session.acknowledged;
  while (session.results.length <= position) session.results.push(null);
  session.results[position] = result;
}
