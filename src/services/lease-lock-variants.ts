import type { SessionResult } from '../contract/session.ts';
import type { Fired, Variant } from '../contract/variant.ts';
import type { TimeUs } from '../kernel/time.ts';
import { type ExtendValue, LeaseLockService, type LeaseLockState, leaseLockService } from './lease-lock.ts';
import { ok } from './results.ts';
import { SessionMachine } from './sessions.ts';

/** LC-04: the end of a lease is under way, and a renewal that meets it is told that it came in time. */
export class RenewsWhatIsOver extends LeaseLockService {
  private readonly fired: Fired;

  constructor(fired: Fired) {
    super();
    this.fired = fired;
  }

  protected override extend(state: LeaseLockState, lock: string, value: ExtendValue, timeUs: TimeUs): SessionResult {
    const reference = super.extend(state, lock, value, timeUs);
    if (reference.kind !== 'refused' || reference.error !== 'expired') return reference;
    this.fired();
    return ok(timeUs + value.ttlUs);
  }
}

/** Defects of the lease lock as a service, for every protocol that carries it. */
export const leaseServiceVariants: readonly Variant[] = [
  {
    row: 'LC-04',
    id: 'lease/renew-race',
    title: 'the renewal of a lease that is over is answered as if it had come in time',
    breaks: 'a lease that is over is never renewed: nobody may be told that it lasts when the next one may have it',
    source: 'https://github.com/etcd-io/etcd/issues/7029',
    difficulty: 'M',
    firstCatcher: 'L2',
    in: 'machine',
    machine: (service, fired, limits) =>
      new SessionMachine(service.name === leaseLockService.name ? new RenewsWhatIsOver(fired) : service, limits),
  },
];
