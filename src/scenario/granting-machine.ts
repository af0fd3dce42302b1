import type { Plain } from '../contract/message.ts';
import type { SessionCommand, SessionResult } from '../contract/session.ts';
import type { Applied, StateMachine } from '../contract/state-machine.ts';
import type { TimeUs } from '../kernel/time.ts';
import { ownershipChanges } from '../services/lease-lock.ts';
import type { LockWatch } from './lock-watch.ts';

/**
 * The state machine of a replicated lock service, as it is, while a watch learns who is granted what. The first node
 * that executes a command tells: to whom the lock belongs was decided when the command was committed, at the latest.
 */
export class GrantingMachine implements StateMachine {
  readonly name: string;
  private readonly machine: StateMachine;
  private readonly watch: LockWatch;
  /** Commands that somebody has executed: by session, the sequences. */
  private readonly executed = new Map<number, Set<number>>();

  constructor(machine: StateMachine, watch: LockWatch) {
    this.name = machine.name;
    this.machine = machine;
    this.watch = watch;
  }

  initial(): unknown {
    return this.machine.initial();
  }

  apply(state: unknown, command: Plain, timeUs: TimeUs): Applied {
    const applied = this.machine.apply(state, command, timeUs);
    const { executed, result } = applied;
    if (executed !== null && this.isFirst(executed.session, executed.sequence)) this.tell(command, result);
    return applied;
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

  private isFirst(session: number, sequence: number): boolean {
    const sequences = this.executed.get(session) ?? new Set<number>();
    this.executed.set(session, sequences);
    if (sequences.has(sequence)) return false;
    sequences.add(sequence);
    return true;
  }

  private tell(command: Plain, result: Plain): void {
    const request = command as unknown as SessionCommand;
    if (request.kind !== 'execute') return;
    this.watch.changed(ownershipChanges(request.operation, result as unknown as SessionResult));
  }
}
