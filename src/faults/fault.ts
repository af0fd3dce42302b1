import type { Options } from '../contract/options.ts';
import type { CrashKind, InFlight, LinkProfile } from '../contract/world-control.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';

/** Both ends included, integers. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A line of the fault schedule: when, what, and whether it may change nothing. */
export interface FaultLine {
  readonly trigger: Trigger;
  readonly action: FaultSpec;
  /** The run is not vacuous even if this line changes nothing. */
  readonly allowVacuous: boolean;
  /** Its place in the file, which its luck is drawn by, where lines before it are not for this system. */
  readonly place?: number;
}

/** When a fault line applies. */
export type Trigger =
  | { readonly kind: 'at'; readonly atUs: TimeUs }
  /**
   * The `nth` note `event` (of process `by`, if given), then `afterUs` later; not after `untilUs`, if given. Applies
   * once.
   */
  | {
      readonly kind: 'when';
      readonly event: string;
      readonly by: string | null;
      readonly nth: number;
      readonly afterUs: DurationUs;
      readonly untilUs: TimeUs | null;
    }
  /** Drawn from the seed before the run: one fault each `everyUs`, from `fromUs` to `untilUs`. */
  | { readonly kind: 'random'; readonly everyUs: Range; readonly fromUs: TimeUs; readonly untilUs: TimeUs };

/**
 * Whom a fault strikes, resolved when it applies: `n3`, `c1`, `leader` (the up node with the highest epoch in role
 * leader, or the primary that most others follow), `follower` (a replica, or any other up node), `any` (any node),
 * `all` (all nodes), `it` (the process of the event that a `when` line waited for), or a list of names.
 */
export type Target = string | readonly string[];

/** What a fault line does. Durations `forUs: null` mean: until the end of the run or until a line undoes it. */
export type FaultSpec =
  | { readonly kind: 'crash'; readonly target: Target; readonly flavour: CrashKind; readonly forUs: DurationUs | null }
  | { readonly kind: 'restart'; readonly target: Target }
  /** With its clock stopped, the machine is suspended; without `clock`, clocks run on. */
  | { readonly kind: 'pause'; readonly target: Target; readonly clock?: 'stopped'; readonly forUs: DurationUs | null }
  | { readonly kind: 'resume'; readonly target: Target }
  | {
      readonly kind: 'partition'; readonly shape: PartitionShape;
      readonly inFlight: InFlight; readonly forUs: DurationUs | null;
    }
  /** One direction, from each of `from` to each of `to`. */
  | {
      readonly kind: 'cut'; readonly from: Target; readonly to: Target;
      readonly inFlight: InFlight; readonly forUs: DurationUs | null;
    }
  | {
      readonly kind: 'hold'; readonly from: Target; readonly to: Target;
      readonly message: string | null; readonly forUs: DurationUs | null;
    }
  | {
      readonly kind: 'link'; readonly from: Target; readonly to: Target;
      readonly profile: LinkProfile; readonly forUs: DurationUs | null;
    }
  | { readonly kind: 'clock-jump'; readonly target: Target; readonly byUs: Range }
  | {
      readonly kind: 'clock-drift'; readonly target: Target;
      readonly perMillion: Range; readonly forUs: DurationUs | null;
    }
  /** Syncs take this long. */
  | {
      readonly kind: 'disk-slow'; readonly target: Target;
      readonly syncUs: Range; readonly forUs: DurationUs | null;
    }
  /** Crashes the machine of whoever is up; its disk is empty when it starts again. */
  | { readonly kind: 'wipe-disk'; readonly target: Target; readonly forUs: DurationUs | null }
  /** One synced entry of a log cannot be read any more: a drawn one where `file` or `index` is `null`. */
  | {
      readonly kind: 'bit-flip'; readonly target: Target;
      readonly file: string | null; readonly index: number | null;
    }
  /** A crash of the machine that leaves a part of the first entry which is lost. */
  | { readonly kind: 'torn-write'; readonly target: Target; readonly forUs: DurationUs | null }
  /** The next `count` syncs fail. Who goes down of it is restarted after `forUs`. */
  | {
      readonly kind: 'sync-error'; readonly target: Target;
      readonly count: number; readonly forUs: DurationUs | null;
    }
  /** The disk has no room: each sync fails until the fault is over. Who went down of it is restarted then. */
  | { readonly kind: 'disk-full'; readonly target: Target; readonly forUs: DurationUs | null }
  /** Syncs are reported and store nothing until the fault is over. */
  | { readonly kind: 'lying-sync'; readonly target: Target; readonly forUs: DurationUs | null }
  /** An order of the protocol, given to each of `target`; it is about `nodes`, or about no other node. */
  | { readonly kind: 'order'; readonly order: string; readonly target: Target; readonly nodes: Target | null }
  /** Options of all nodes change. */
  | { readonly kind: 'set'; readonly options: Options; readonly forUs: DurationUs | null }
  /** Mends every cut and releases every hold. */
  | { readonly kind: 'heal' }
  /** Of a random line: each fault draws one of these, by weight. */
  | { readonly kind: 'one-of'; readonly choices: readonly WeightedFault[] };

/** A choice of a random line. Its duration is drawn from `forUs`, or stays that of `action` when `null`. */
export interface WeightedFault {
  readonly weight: number;
  readonly action: Exclude<FaultSpec, { readonly kind: 'one-of' }>;
  readonly forUs: Range | null;
}

/**
 * How nodes are grouped by a partition; messages between groups are lost, clients reach everybody unless a group names
 * them. `halves`: two groups, sizes as equal as can be, drawn. `minority`: a drawn minority against the rest.
 * `minority-with-leader`: a drawn minority that contains the leader. `isolate`: one target against all others.
 * `ring`: each node keeps its two neighbours. `bridge`: two halves and one node that reaches both.
 * `majorities-ring`: each node sees a majority, no two the same.
 */
export type PartitionShape =
  | { readonly kind: 'halves' | 'minority' | 'minority-with-leader' | 'ring' | 'bridge' | 'majorities-ring' }
  | { readonly kind: 'isolate'; readonly target: Target }
  | { readonly kind: 'groups'; readonly groups: readonly (readonly string[])[] };
