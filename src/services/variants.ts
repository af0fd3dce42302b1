import type { ClientProtocol, ClientRequest } from '../contract/client.ts';
import type { Context } from '../contract/context.ts';
import { ForwardingContext } from '../contract/forwarding-context.ts';
import { ForwardingNode } from '../contract/forwarding-node.ts';
import type { Plain } from '../contract/message.ts';
import type { Node } from '../contract/node.ts';
import type { Service } from '../contract/service.ts';
import type { SessionCommand, SessionLimits, SessionResult } from '../contract/session.ts';
import type { Applied } from '../contract/state-machine.ts';
import type { Fired, Variant } from '../contract/variant.ts';
import type { TimeUs } from '../kernel/time.ts';
import { admit, type Execute, type Session, SessionMachine, type SessionState } from './sessions.ts';

/** A session machine with one defect. */
abstract class DefectiveSessions extends SessionMachine {
  protected readonly fired: Fired;

  constructor(service: Service, fired: Fired, limits: SessionLimits) {
    super(service, limits);
    this.fired = fired;
  }
}

/** CS-01: each copy of a command is executed. */
class NoDedupe extends DefectiveSessions {
  protected override earlierResult(session: Session, sequence: number): SessionResult | null {
    if (super.earlierResult(session, sequence) !== null) this.fired();
    return null;
  }
}

/** CS-02: results are kept by the node that answered, and by nobody else. */
class AnswersKeptByLeader extends ForwardingNode {
  /** By session and sequence. Volatile: a restart is a new node. */
  private readonly answers = new Map<string, Plain>();
  private readonly client: ClientProtocol;

  constructor(node: Node, client: ClientProtocol) {
    super(node);
    this.client = client;
  }

  protected override contextOf(ctx: Context): Context {
    return new KeepsAnswers(ctx, (request, body) => {
      if (this.client.classify(body).kind === 'done') this.answers.set(nameOf(request), body);
    });
  }

  override onRequest(ctx: Context, request: ClientRequest): void {
    const answer = this.answers.get(nameOf(request));
    if (answer === undefined) return super.onRequest(ctx, request);
    ctx.reply(request, answer);
  }
}

class KeepsAnswers extends ForwardingContext {
  private readonly keep: (request: ClientRequest, body: Plain) => void;

  constructor(ctx: Context, keep: (request: ClientRequest, body: Plain) => void) {
    super(ctx);
    this.keep = keep;
  }

  override reply(request: ClientRequest, body: Plain): void {
    this.keep(request, body);
    super.reply(request, body);
  }
}

/** Names a command. A registration has no name of its own: each attempt is another. */
function nameOf({ client, id, command }: ClientRequest): string {
  const asked = command as unknown as SessionCommand;
  return asked.kind === 'execute' ? `${asked.session}.${asked.sequence}` : `registration ${client}.${id}`;
}

/** CS-03: each replica lets sessions expire by the time that it has seen pass itself. */
class ExpiryByOwnClock extends DefectiveSessions {
  /** Set by the node around it before each event. */
  nowUs = 0;
  private readonly usedAtUs = new WeakMap<Session, number>();

  override apply(state: SessionState, command: Plain, timeUs: TimeUs): Applied {
    const applied = super.apply(state, command, timeUs);
    const asked = command as unknown as SessionCommand;
    const session = state.sessions.get(asked.kind === 'execute' ? asked.session : state.registered);
    if (session !== undefined) this.usedAtUs.set(session, this.nowUs);
    return applied;
  }

  /** What the log says of time is not what this replica looks at. */
  protected override mayHaveExpired(): boolean {
    return true;
  }

  protected override isExpired(session: Session, timeUs: TimeUs): boolean {
    const unusedUs = this.nowUs - (this.usedAtUs.get(session) ?? this.nowUs);
    const isExpired = unusedUs > this.limits.timeoutUs;
    if (isExpired !== super.isExpired(session, timeUs)) this.fired();
    return isExpired;
  }
}

/** Shows {@link ExpiryByOwnClock} the clock of its node. */
class ShowsClock extends ForwardingNode {
  private readonly machine: ExpiryByOwnClock;

  constructor(node: Node, machine: ExpiryByOwnClock) {
    super(node);
    this.machine = machine;
  }

  protected override contextOf(ctx: Context): Context {
    this.machine.nowUs = ctx.monotonicUs();
    return ctx;
  }
}

/** CS-05: of a session, only the last command and its result are known; what has a lower number is said to be done. */
class LatestOnly extends DefectiveSessions {
  protected override earlierResult(session: Session, sequence: number): SessionResult | null {
    const reference = super.earlierResult(session, sequence);
    const latest = session.acknowledged + session.results.length - 1;
    if (sequence >= latest) return reference;
    this.fired();
    return { kind: 'ok', value: null };
  }
}

/** CS-06: a snapshot carries the service, and not who has asked for what. */
class SnapshotWithoutSessions extends DefectiveSessions {
  override saveLater(state: SessionState): () => string {
    if (state.registered > 0) this.fired();
    return super.saveLater({ ...state, sessions: new Map(), registered: 0, tableDigest: 0 });
  }
}

/** Whose session it was is forgotten with it. */
const NOBODY = -1;

/** CS-07: whoever has lost his session gets it back, empty. */
class ExpiredReexecutes extends DefectiveSessions {
  protected override applyWithoutSession(state: SessionState, command: Execute): Applied {
    const reference = super.applyWithoutSession(state, command);
    if ((reference.result as SessionResult).kind !== 'expired') return reference;
    this.fired();
    admit(state, command.session, NOBODY);
    return this.apply(state, command as unknown as Plain, state.timeUs);
  }
}

/** RF-52: what a command finds in the table depends on a clock of the process that applies it; no log carries that. */
class NondeterministicApply extends DefectiveSessions {
  private clockUs: TimeUs = 0;

  override apply(state: SessionState, command: Plain, timeUs: TimeUs): Applied {
    this.clockUs += 1;
    this.fired();
    return super.apply(state, command, timeUs + this.clockUs);
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
  {
    row: 'CS-02',
    id: 'client/dedupe-not-replicated',
    title: 'the node that answered a command remembers it, and its successor executes a retry again',
    breaks: 'Raft thesis §6.3: what was executed is part of the replicated state machine',
    source: 'https://github.com/ongardie/dissertation (§6.3)',
    difficulty: 'E',
    firstCatcher: 'R23',
    in: 'replica',
    replica: ({ service, limits, client, create }, fired) =>
      new AnswersKeptByLeader(create(new NoDedupe(service, fired, limits)), client),
  },
  {
    row: 'CS-03',
    id: 'client/expiry-by-own-clock',
    title: 'each replica lets sessions expire by its own clock',
    breaks: 'Raft thesis §6.3: servers agree on when to expire a session',
    source: 'https://github.com/logcabin/logcabin/commit/445f383',
    difficulty: 'E',
    firstCatcher: 'R5',
    in: 'replica',
    replica: ({ service, limits, create }, fired) => {
      const machine = new ExpiryByOwnClock(service, fired, limits);
      return new ShowsClock(create(machine), machine);
    },
  },
  {
    row: 'CS-05',
    id: 'client/latest-sequence-only',
    title: 'a command that a later one of its session has overtaken is taken for a duplicate',
    breaks: 'Raft thesis §6.3: with concurrent requests, a set of pairs of sequence number and response is tracked',
    source: 'https://github.com/ongardie/dissertation (§6.3)',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'machine',
    machine: (service, fired, limits) => new LatestOnly(service, fired, limits),
  },
  {
    row: 'CS-06',
    id: 'client/sessions-not-in-snapshot',
    title: 'a snapshot leaves the table of sessions out',
    breaks: 'Raft thesis §6.3: the session table is part of the state machine, and so of its snapshot',
    source: 'https://github.com/logcabin/logcabin/commit/445f383',
    difficulty: 'E',
    firstCatcher: 'R5',
    in: 'machine',
    machine: (service, fired, limits) => new SnapshotWithoutSessions(service, fired, limits),
  },
  {
    row: 'CS-07',
    id: 'client/expired-session-reexecutes',
    title: 'a command of an expired session is executed as if it were new',
    breaks: 'Raft thesis §6.3: a client whose session has expired gets an error, not another execution',
    source: 'https://github.com/ongardie/dissertation (§6.3)',
    difficulty: 'E',
    firstCatcher: 'R23',
    in: 'machine',
    machine: (service, fired, limits) => new ExpiredReexecutes(service, fired, limits),
  },
  {
    row: 'RF-52',
    id: 'client/nondeterministic-apply',
    title: 'what a command does depends on a clock of the process that applies it',
    breaks: 'Raft, §2: deterministic state machines that process the same commands in the same order end in one state',
    source: 'https://github.com/etcd-io/etcd/issues/14571',
    difficulty: 'E',
    firstCatcher: 'R5',
    in: 'machine',
    machine: (service, fired, limits) => new NondeterministicApply(service, fired, limits),
  },
];
