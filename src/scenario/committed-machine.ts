import type { Plain } from '../contract/message.ts';
import type { Applied, StateMachine } from '../contract/state-machine.ts';
import type { TimeUs } from '../kernel/time.ts';

/** What is told of committed commands. */
export interface Committed {
  /** What names a command among all of the run. */
  placeOf(command: Plain): number;
  /** The first node has executed it. */
  onCommitted(command: Plain): void;
}

/**
 * The state machine of a coordination service, as it is, while somebody learns what is committed, in that order: the
 * first node that executes a command tells, and before it that node has executed all that come before.
 */
export class CommittedMachine implements StateMachine {
  readonly name: string;
  private readonly machine: StateMachine;
  private readonly listener: Committed;
  private readonly seen = new Set<number>();

  constructor(machine: StateMachine, listener: Committed) {
    this.name = machine.name;
    this.machine = machine;
    this.listener = listener;
  }

  initial(): unknown {
    return this.machine.initial();
  }

  apply(state: unknown, command: Plain, timeUs: TimeUs): Applied {
    const place = this.listener.placeOf(command);
    const isFirst = !this.seen.has(place);
    this.seen.add(place);
    if (isFirst) this.listener.onCommitted(command);
    return this.machine.apply(state, command, timeUs);
  }

  query(state: unknown, command: Plain): { readonly result: Plain } | null {
    return this.machine.query(state, command);
  }

  save(state: unknown): string {
    return this.machine.save(state);
  }

  saveLater(state: unknown): () => string {
    return this.machine.saveLater(state);
  }

  load(text: string): unknown {
    return this.machine.load(text);
  }

  digest(state: unknown): number {
    return this.machine.digest(state);
  }

  sessionsDigest(state: unknown): number {
    return this.machine.sessionsDigest?.(state) ?? 0;
  }
}
