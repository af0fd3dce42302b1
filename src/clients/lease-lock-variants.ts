import type { ClientProtocol } from '../contract/client.ts';
import type { LockClientInit } from '../contract/lock.ts';
import type { Fired, Variant } from '../contract/variant.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import { LeaseLockClient } from './lease-lock-client.ts';

/** A client of a lease lock with one defect. */
abstract class DefectiveLeaseLock extends LeaseLockClient {
  protected readonly fired: Fired;

  constructor(init: LockClientInit, protocol: ClientProtocol, fired: Fired) {
    super(init, protocol);
    this.fired = fired;
  }
}

/** LC-02: the lock was granted, says the answer, however long it was under way. */
class NoLookAtTheLease extends DefectiveLeaseLock {
  protected override validUntilUs(askedAtUs: TimeUs, answeredAtUs: TimeUs): TimeUs | null {
    const reference = super.validUntilUs(askedAtUs, answeredAtUs);
    if (reference !== null) return reference;
    this.fired();
    return answeredAtUs + this.validityUs();
  }
}

/** LC-08: a second is a second. */
class ClocksAgree extends DefectiveLeaseLock {
  protected override validityUs(): DurationUs {
    this.fired();
    return this.settings.ttlUs;
  }
}

/** Defects of the lease lock's clients, on a protocol that its clients speak. */
export function leaseLockVariants(protocol: ClientProtocol): readonly Variant[] {
  return [
    {
      row: 'LC-02',
      id: 'lease/lock-without-lease-recheck',
      title: 'who waited for a lock for longer than its lease takes it for held',
      breaks: 'a lease counts from before it was asked for: a lock that was waited for may be over when it is answered',
      source: 'https://github.com/etcd-io/etcd/issues/11456',
      difficulty: 'E',
      firstCatcher: 'L2',
      in: 'lock',
      lock: (init, fired) => new NoLookAtTheLease(init, protocol, fired),
    },
    {
      row: 'LC-08',
      id: 'lease/drift-bound-ignored',
      title: 'a holder counts the whole length of a lease, as if all clocks ran at one rate',
      breaks: 'Raft thesis §6.4.1, of leases: they are shorter for their holder by the bound on the drift of clocks',
      source: 'https://github.com/ongardie/dissertation (§6.4.1)',
      difficulty: 'M',
      firstCatcher: 'L4',
      in: 'lock',
      lock: (init, fired) => new ClocksAgree(init, protocol, fired),
    },
  ];
}
