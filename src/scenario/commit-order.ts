import type { Plain } from '../contract/message.ts';
import type { SessionCommand, SessionResult } from '../contract/session.ts';
import type { Applied, CommandId, StateMachine } from '../contract/state-machine.ts';
import type { History } from '../history/operation.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { Intake, Taken } from './intake.ts';

/** An operation of a client, by the index of its invocation, and the command that carries it. */
interface Sent {
  readonly index: number;
  readonly session: number;
  readonly sequence: number;
  /** Once it is answered. */
  place: number | undefined;
}

/** An update of a client that was sent, by the index of its invocation. */
export interface SentUpdate {
  readonly index: number;
  readonly session: number;
  /** Where it came first; `null` where it never arrived. */
  readonly taken: Taken | null;
  /** Its place among all commands that were executed; `null` where no node has executed it. */
  readonly place: number | null;
}

/** What a process does, and the command that carries it; `null` while none does, and where it is complete. */
interface Open {
  /** Of the invocation. */
  index: number;
  sent: Sent | null;
}

/** An answer from the state of one node, and the place of the last command that it reflects. */
interface Answered {
  readonly value: Plain;
  readonly place: number;
}

/** The place behind the last command that a state reflects. */
interface Reflected {
  place: number;
}

/**
 * The order in which commands took effect, which nobody inside a run knows: watches the state machine of every node.
 * The first node that executes a command shows its place, since before it that node has executed all that comes before.
 * A question takes effect behind the last command that its node had executed.
 *
 * It is a proposal for the checker of linearizability, which finds out in one pass whether it explains what clients
 * saw; where the protocol is broken it need not.
 */
export class CommitOrder {
  /** By session and sequence: the place of a command among all that were executed. */
  private readonly executed: (number | undefined)[][] = [];
  /** By session and sequence: the answers to a question, until one of them has arrived. */
  private readonly answers: (Answered[] | undefined)[][] = [];
  /** Place of the next command. */
  private count = 0;
  /** By state: what it reflects. A state that was loaded reflects what the one that was saved did. */
  private readonly reflected = new WeakMap<object, Reflected>();
  private readonly saved = new Map<string, number>();
  /** The operations of clients that were sent. */
  private readonly operations: Sent[] = [];
  /** By process: its last operation. */
  private readonly open = new Map<number, Open>();

  /** That of the command that is executed next. */
  get nextPlace(): number {
    return this.count;
  }

  /** The same machine, watched, for one node: it finds the state that it saw last without a search. */
  watch(machine: StateMachine): StateMachine {
    return new WatchedMachine(machine, this);
  }

  /** A process begins an operation, and its invocation has this index. */
  onInvoked(process: number, index: number): void {
    const open = this.open.get(process);
    if (open === undefined) this.open.set(process, { index, sent: null });
    else open.index = index;
  }

  /** What the process has begun is carried by this command. */
  onSent(process: number, session: number, sequence: number): void {
    const open = this.open.get(process) as Open;
    open.sent = { index: open.index, session, sequence, place: undefined };
    this.operations.push(open.sent);
  }

  /** What a copy that is still under way is answered with is no news of an operation that is complete. */
  onCompleted(process: number, type: 'ok' | 'fail' | 'info', value: Plain): void {
    const open = this.open.get(process) as Open;
    const { sent } = open;
    if (sent === null) return;
    open.sent = null;
    const { session, sequence } = sent;
    if (type === 'ok') sent.place = this.answered(session, sequence, value) ?? this.executed[session]?.[sequence];
    const answers = this.answers[session];
    if (answers?.[sequence] !== undefined) answers[sequence] = undefined;
  }

  /** Values travel by reference: of several answers, it is the one with this very value that has arrived. */
  private answered(session: number, sequence: number, value: Plain): number | undefined {
    return this.answers[session]?.[sequence]?.filter((answer) => answer.value === value).at(-1)?.place;
  }

  /**
   * For each key the indices of its invocations, in the order in which they took effect. Operations that failed are not
   * in it, nor are questions that nobody saw an answer to.
   */
  orderOf(history: History): ReadonlyMap<string | null, readonly number[]> {
    const placed: { readonly index: number; readonly place: number }[] = [];
    for (const { index, session, sequence, place } of this.operations) {
      const found = place ?? this.executed[session]?.[sequence];
      const isAnswered = place !== undefined || !QUESTIONS.includes(history[index]?.f ?? '');
      if (found !== undefined && isAnswered) placed.push({ index, place: found });
    }
    placed.sort((a, b) => a.place - b.place || a.index - b.index);
    const order = new Map<string | null, number[]>();
    for (const { index } of placed) {
      const key = history[index]?.key ?? null;
      const ofKey = order.get(key);
      if (ofKey === undefined) order.set(key, [index]);
      else ofKey.push(index);
    }
    return order;
  }

  /** The updates of clients, those of one session in the order in which they were sent. */
  updatesOf(history: History, intake: Pick<Intake, 'takenOf'>): readonly SentUpdate[] {
    return this.operations.flatMap(({ index, session, sequence }) => {
      if (QUESTIONS.includes(history[index]?.f ?? '')) return [];
      const place = this.executed[session]?.[sequence] ?? null;
      return [{ index, session, taken: intake.takenOf(session, sequence), place }];
    });
  }

  /** A node has executed a command. Returns the place behind it. */
  onExecuted({ session, sequence }: CommandId): number {
    const row = this.executed[session] ??= [];
    let place = row[sequence];
    if (place === undefined) {
      place = this.count;
      // Between two commands there is room for questions.
      this.count += 2;
      row[sequence] = place;
    }
    return place + 1;
  }

  /** `place` is that behind the last command that the answer reflects. */
  onAnswered(place: number, command: Plain, result: Plain): void {
    const { session, sequence } = command as unknown as Extract<SessionCommand, { kind: 'execute' }>;
    const { value } = result as unknown as Extract<SessionResult, { kind: 'ok' }>;
    const row = this.answers[session] ??= [];
    (row[sequence] ??= []).push({ value, place });
  }

  /** What a state reflects; to be changed as it changes. */
  reflectedBy(state: object): Reflected {
    let reflected = this.reflected.get(state);
    if (reflected === undefined) {
      reflected = { place: -1 };
      this.reflected.set(state, reflected);
    }
    return reflected;
  }

  /** The text of a state that reflects the commands before `place`. */
  onSaved(place: number, text: string): void {
    // Whole states, in a durable machine one for each step: the oldest is not loaded any more, or costs a search.
    if (this.saved.size >= SAVED_MAX) this.saved.delete(this.saved.keys().next().value as string);
    this.saved.set(text, place);
  }

  onLoaded(state: object, text: string): void {
    this.reflected.set(state, { place: this.saved.get(text) ?? -1 });
  }
}

/** Saved states that are remembered. */
const SAVED_MAX = 100;

/** Operations that change nothing. */
const QUESTIONS: readonly string[] = ['read', 'contains'];

class WatchedMachine implements StateMachine {
  readonly name: string;
  private readonly machine: StateMachine;
  private readonly order: CommitOrder;
  /** The state that was seen last, and what it reflects: a node has one state, and asks for it at each command. */
  private state: object | null = null;
  private reflected: Reflected = { place: -1 };

  constructor(machine: StateMachine, order: CommitOrder) {
    this.name = machine.name;
    this.machine = machine;
    this.order = order;
  }

  initial(): unknown {
    return this.machine.initial();
  }

  apply(state: unknown, command: Plain, timeUs: TimeUs): Applied {
    const applied = this.machine.apply(state, command, timeUs);
    const { executed } = applied;
    if (executed !== null) this.reflectedBy(state as object).place = this.order.onExecuted(executed);
    return applied;
  }

  query(state: unknown, command: Plain): { readonly result: Plain } | null {
    const answer = this.machine.query(state, command);
    if (answer !== null) this.order.onAnswered(this.reflectedBy(state as object).place, command, answer.result);
    return answer;
  }

  save(state: unknown): string {
    return this.saveLater(state)();
  }

  saveLater(state: unknown): () => string {
    const textOf = this.machine.saveLater(state);
    const { place } = this.reflectedBy(state as object);
    return () => {
      const text = textOf();
      this.order.onSaved(place, text);
      return text;
    };
  }

  load(text: string): unknown {
    const state = this.machine.load(text);
    this.order.onLoaded(state as object, text);
    return state;
  }

  digest(state: unknown): number {
    return this.machine.digest(state);
  }

  sessionsDigest(state: unknown): number {
    return this.machine.sessionsDigest?.(state) ?? 0;
  }

  private reflectedBy(state: object): Reflected {
    if (state !== this.state) {
      this.state = state;
      this.reflected = this.order.reflectedBy(state);
    }
    return this.reflected;
  }
}
