import type { TimeUs } from '../kernel/time.ts';
import type { Interval } from '../world/clock.ts';
import { inAtLeast } from './intervals.ts';

/** Who owned one lock of a replicated service, and when: from the execution of the grant to that of its end. */
export class ServiceGrants {
  readonly kind: 'service' = 'service' as const;
  /** By owner; `untilUs` is `Infinity` while it owns the lock. */
  private readonly byOwner = new Map<string, { readonly fromUs: TimeUs; untilUs: TimeUs }[]>();

  granted(owner: string, nowUs: TimeUs): void {
    const ofOwner = this.byOwner.get(owner) ?? [];
    this.byOwner.set(owner, ofOwner);
    if (ofOwner.at(-1)?.untilUs !== Infinity) ofOwner.push({ fromUs: nowUs, untilUs: Infinity });
  }

  released(owner: string, nowUs: TimeUs): void {
    const last = this.byOwner.get(owner)?.at(-1);
    if (last?.untilUs === Infinity) last.untilUs = nowUs;
  }

  /** The true time before `endUs` in which `owner` owned the lock. */
  ownedBy(owner: string, endUs: TimeUs): Interval[] {
    const all = (this.byOwner.get(owner) ?? []).map(({ fromUs, untilUs }) =>
      ({ fromUs, untilUs: Math.min(untilUs, endUs) }));
    return inAtLeast(1, all);
  }
}
