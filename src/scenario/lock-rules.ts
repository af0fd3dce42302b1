import type { InvariantInfo } from '../contract/invariant.ts';
import type { LockSystem, Validity } from '../contract/lock.ts';
import type { Options } from '../contract/options.ts';
import { nodeName, type NodeId } from '../kernel/ids.ts';
import type { TimeUs } from '../kernel/time.ts';
import { formatTime } from '../kernel/trace.ts';
import type { Clock, Interval } from '../world/clock.ts';
import { firstOutside } from './intervals.ts';
import { believesNow, type Acquisition } from './lock-acquisition.ts';
import { beliefBounded, noForeignDelete, quorumOwnership, validityBounded } from './lock-invariants.ts';
import type { LockStandings, Replaced } from './lock-standings.ts';
import type { ServiceGrants } from './service-grants.ts';

/** What the rules need to know of a run. */
export interface LockRulesSettings {
  readonly nowUs: () => TimeUs;
  readonly clockOf: (process: NodeId) => Clock;
  readonly nodes: readonly NodeId[];
  readonly system: LockSystem;
  readonly options: Options;
  readonly breach: (invariant: InvariantInfo, text: string, atUs: TimeUs) => void;
}

/** An acquisition when the run is over, ascending and with room in between. */
export interface Held {
  readonly acquisition: Acquisition;
  readonly ownership: LockStandings | ServiceGrants;
  readonly believed: readonly Interval[];
  /** By its owner, whoever else goes by that name. */
  readonly owned: readonly Interval[];
}

/** Holds what a watch sees against the invariants of locks. */
export class LockRules {
  private readonly settings: LockRulesSettings;
  /** No validity may be longer. */
  private readonly validityMaxUs: number;

  constructor(settings: LockRulesSettings) {
    this.settings = settings;
    const { system, options } = settings;
    this.validityMaxUs = system.validityUsMax?.(options) ?? system.ttlUs(options) - system.driftUs(options);
  }

  /** A client believes from now on, or for longer than before: L4, L9. */
  onBelief(acquisition: Acquisition, validity: Validity, ownership: LockStandings | ServiceGrants): void {
    const nowUs = this.settings.nowUs();
    const leftUs = validity.untilUs - this.settings.clockOf(acquisition.client).shownUs(validity.clock, nowUs);
    if (leftUs <= 0 || leftUs > this.validityMaxUs) {
      const bounds = `more than 0 and at most ${this.validityMaxUs}`;
      const text = `${this.who(acquisition)} with a validity of ${leftUs} us, and it has to be ${bounds}`;
      this.settings.breach(validityBounded, text, nowUs);
    }
    if (ownership.kind === 'servers') this.checkBelief(acquisition, validity, ownership);
  }

  /**
   * L9. The client's clock and those of the servers are taken to go on as they do now, and no tolerance is given: what
   * the client takes off for the drift of clocks has to be enough.
   */
  private checkBelief(acquisition: Acquisition, validity: Validity, standings: LockStandings): void {
    const { nodes, nowUs, clockOf, breach } = this.settings;
    const beliefUs = clockOf(acquisition.client).firstShowsUs(validity.clock, validity.untilUs);
    const { quorum } = standings;
    const all = standings.standingsOf(acquisition.owner);
    const longEnough = all.filter(({ untilUs }) => untilUs >= beliefUs).length;
    if (longEnough >= quorum) return;
    const last = all[quorum - 1];
    const stands = last === undefined ? `${all.length} at all` : `${quorum} until ${formatTime(last.untilUs)} s`;
    const text = `${this.who(acquisition)} until ${formatTime(beliefUs)} s, but ${longEnough} of ${nodes.length} `
      + `servers have its entry for so long: it stands on ${stands}`;
    breach(beliefBounded, text, nowUs());
  }

  /**
   * L3. What a server that ran on does not show any more is taken for deleted. That a key was evicted, that all keys
   * were, or that its own client asked for it without meaning to, looks the same.
   */
  onReplaced(server: NodeId, { before, after, ranOn }: Replaced, holder: Acquisition, standings: LockStandings): void {
    const { nowUs, clockOf, nodes, breach } = this.settings;
    if (before === null || !ranOn || before.owner === after?.owner) return;
    if (!standings.isUnexpired(server, before, nowUs())) return;
    if (!believesNow(holder, clockOf(holder.client), nowUs())) return;
    const how = after === null ? 'was deleted' : 'was replaced';
    const text = `${this.who(holder)}, and its entry on ${nodeName(server, nodes.length)} ${how} before it expired`;
    breach(noForeignDelete, text, nowUs());
  }

  /** L2, when the run is over: the first instant at which a client believed and did not own. */
  checkHeld(held: readonly Held[]): void {
    let first: { readonly of: Held; readonly atUs: TimeUs } | null = null;
    for (const of of held) {
      const atUs = firstOutside(of.believed, of.owned);
      if (atUs !== null && (first === null || atUs < first.atUs)) first = { of, atUs };
    }
    if (first === null) return;
    const { of: { acquisition, ownership }, atUs } = first;
    const why = this.missing(acquisition, ownership, atUs);
    this.settings.breach(quorumOwnership, `${this.who(acquisition)}, but ${why}`, atUs);
  }

  private missing({ owner }: Acquisition, ownership: LockStandings | ServiceGrants, atUs: TimeUs): string {
    if (ownership.kind === 'service') return 'the service holds it for another, or for nobody';
    const count = ownership.countAt(owner, atUs);
    return `stands unexpired on ${count} of ${this.settings.nodes.length} servers, and ${ownership.quorum} are needed`;
  }

  private who({ client, lock, grant }: Acquisition): string {
    return `${nodeName(client, this.settings.nodes.length)} believes that it holds ${lock} (grant ${grant})`;
  }
}
