import type { BarrierEvidence, Evidence, LockEvidence, QueueEvidence, ZnodeEvidence } from '../../checkers/index.ts';
import type { FaultEffect } from '../contract/world-control.ts';
import type { History } from '../history/operation.ts';
import type { TimeUs } from '../kernel/time.ts';

/** What a run came to, worst first. */
export type Outcome = 'nondeterministic' | 'error' | 'violation' | 'unknown' | 'vacuous' | 'pass';

/** What one checker or invariant said. Field names are those of the results file. */
export interface VerdictRecord {
  /** Name of the check, or the id of an invariant (`R1`), or `assertion`. */
  readonly checker: string;
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  readonly expected: 'valid' | 'invalid' | 'unknown';
  readonly summary: string;
  /** When the violation happened; `null` where the verdict is not tied to an instant. */
  readonly atUs: TimeUs | null;
  /**
   * The fault without which it does not happen, or the armed defect (`fault` is `null` then), established by
   * re-running; `null` where that was not done, or did not help.
   */
  readonly cause: { readonly fault: number | null; readonly text: string } | null;
  /** Indices into `faults`: those applied before `atUs`, the latest first. */
  readonly suspects: readonly number[];
  /** `outside`: a fault broke an assumption of this property first. `intact`: a bug. */
  readonly contract: 'intact' | 'outside';
  /**
   * With `outside`, else `null`: the place in `faults` of the first fault that broke an assumption, and that one.
   * Without a fault it was the scenario itself, by its options or by how its clocks differ.
   */
  readonly broken: { readonly fault: number | null; readonly assumption: string } | null;
  /** At most twelve lines that show the conflict to a person: operations, or what holders of a lock did and when. */
  readonly evidence: readonly string[];
  /** With an `invalid` verdict about a history, else `null`: the whole of it, for programs and for its argument. */
  readonly proof: Proof | null;
}

/** Why a history is judged `invalid`. */
export interface Proof {
  readonly evidence: Evidence | LockEvidence | QueueEvidence | BarrierEvidence | ZnodeEvidence;
  /** Whether `verifyEvidence` or a verifier of findings, which share nothing with what found it, accepts it. */
  readonly verified: boolean;
}

/** A fault as it was applied. */
export interface FaultRecord {
  /** Its index in the plan of this run, which names it whatever else is left out. */
  readonly index: number;
  readonly kind: string;
  readonly atUs: TimeUs;
  /** Instant at which it was undone; `null` when it lasted to the end, or has no duration. */
  readonly untilUs: TimeUs | null;
  /** What it struck, in words: `n2`, `n1 | n2 n3`. */
  readonly target: string;
  /** The counters that are not zero. */
  readonly effect: Partial<FaultEffect>;
  /** Index of the line in the scenario that brought it. */
  readonly line: number;
}

/** One run, judged. Plain data. The same scenario, seed and defect always give an equal result. */
export interface RunResult {
  readonly scenario: string;
  /** Path of the scenario file as it was given; `null` for a scenario that came from a program. */
  readonly file: string | null;
  /** `path-slug@hash12[+defect…]/seed`. */
  readonly coordinate: string;
  readonly system: string;
  readonly seed: string;
  readonly defect: string | null;
  /** How often the armed variant's answer differed from the reference's, of several the one that did so
   * least often; `null` without a defect. */
  readonly fired: number | null;
  /** 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly outcome: Outcome;
  readonly asExpected: boolean;
  readonly verdicts: readonly VerdictRecord[];
  /**
   * Why the outcome is `error`, `unknown`, `vacuous` or `nondeterministic`, in one line, or which limit a violation met
   * later; `null` otherwise.
   */
  readonly reason: string | null;
  readonly operations: { readonly ok: number; readonly fail: number; readonly info: number };
  readonly events: number;
  readonly simulatedUs: TimeUs;
  readonly faults: readonly FaultRecord[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** A result with what it was judged from. */
export interface RunRecord {
  readonly result: RunResult;
  readonly history: History;
  /** The full trace, one line of text per event and per effect; `null` unless it was asked for, and kept. */
  readonly trace: readonly string[] | null;
}
