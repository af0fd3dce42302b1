import type { Service } from '../contract/service.ts';
import type { SessionLimits } from '../contract/session.ts';
import type { Fired, Variant } from '../contract/variant.ts';
import { type Session, SessionMachine } from './sessions.ts';

/** CS-01: each copy of a command is executed. */
class NoDedupe<S> extends SessionMachine<S> {
  private readonly fired: Fired;

  constructor(service: Service<S>, fired: Fired, limits: SessionLimits) {
    super(service, limits);
    this.fired = fired;
  }

  protected override isDuplicate(session: Session, sequence: number): boolean {
    if (super.isDuplicate(session, sequence)) this.fired();
    return false;
  }
}

/** Defects of the replicated service, for every protocol that carries it. */
export const serviceVariants: readonly Variant[] = [
  {
    row: 'CS-01',
    id: 'client/no-dedupe',
    title: 'a retried command is executed again',
    breaks: 'Raft thesis §6.3: the state machine tracks the latest sequence number of each client and its response',
    source: 'https://github.com/ongardie/dissertation (§6.3)',
    difficulty: 'E',
    firstCatcher: 'R23',
    in: 'machine',
    machine: (service, fired, limits) => new NoDedupe(service, fired, limits),
  },
];
