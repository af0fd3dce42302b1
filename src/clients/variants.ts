import type { Context } from '../contract/context.ts';
import type { Node } from '../contract/node.ts';
import type { SessionCommand } from '../contract/session.ts';
import type { Fired, VariantInfo } from '../contract/variant.ts';
import { SessionClient, type ClientInit } from './session-client.ts';

/** A defect of the client, whatever the protocol. */
export interface ClientVariant extends VariantInfo {
  readonly in: 'client';
  create(init: ClientInit, fired: Fired): Node;
}

/** A client with one defect. */
abstract class DefectiveClient extends SessionClient {
  protected readonly fired: Fired;

  constructor(init: ClientInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }
}

/** CS-04: takes silence for a refusal. */
class UnknownAsFailed extends DefectiveClient {
  protected override outcomeOfTimeout(): 'info' | 'fail' {
    if (super.outcomeOfTimeout() !== 'fail') this.fired();
    return 'fail';
  }
}

/** CS-08: keeps its name when it starts over, and counts from the beginning. */
class SequenceReused extends DefectiveClient {
  protected override retireSession(): void {
    this.fired();
    this.state.sequence = 0;
  }
}

/** CS-09: what was not answered is asked for anew, while some node still passes the first request on. */
class RetriesAsNew extends DefectiveClient {
  protected override commandOfRetry(command: SessionCommand): SessionCommand {
    if (command.kind !== 'execute' || command.session !== this.state.session) return command;
    this.fired();
    this.state.sequence += 1;
    return { ...command, sequence: this.state.sequence };
  }
}

/** CS-10: takes what comes for the answer to what it asks now, as long as it looks like one. */
class AnyAnswerCounts extends DefectiveClient {
  /** What attempts of requests that are over asked for. Volatile, like all that a client knows. */
  private readonly past = new Map<number, string>();

  protected override laneOf(id: number): number | undefined {
    const reference = super.laneOf(id);
    if (reference !== undefined) return reference;
    const f = this.past.get(id);
    const lane = this.state.slots.findIndex(({ phase }) => phase.kind === 'executing' && phase.operation.f === f);
    if (lane < 0) return undefined;
    this.fired();
    return lane;
  }

  protected override endRequest(ctx: Context, lane: number): void {
    const request = this.state.requests[lane] ?? null;
    if (request?.command.kind === 'execute') {
      for (const id of request.attempts) this.past.set(id, request.command.operation.f);
    }
    super.endRequest(ctx, lane);
  }
}

/** The catalogue of client defects. */
export const clientVariants: readonly ClientVariant[] = [
  {
    row: 'CS-04',
    id: 'client/unknown-as-failed',
    title: 'a request that timed out is reported as failed, and the caller goes on with a new operation',
    breaks: 'an outcome that nobody knows is unknown: the operation may have happened, or may happen yet',
    source: 'jetcd 0.8.2; MongoDB JAVA-764, JAVA-819',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'client',
    create: (init: ClientInit, fired: Fired): Node => new UnknownAsFailed(init, fired),
  },
  {
    row: 'CS-08',
    id: 'client/sequence-reused',
    title: 'a client goes on in its old session from sequence number 1',
    breaks: 'Raft thesis §6.3: each command of a session has a number of its own',
    source: 'https://github.com/ongardie/dissertation (§6.3)',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'client',
    create: (init: ClientInit, fired: Fired): Node => new SequenceReused(init, fired),
  },
  {
    row: 'CS-09',
    id: 'client/retry-as-new',
    title: 'a request without an answer is repeated as a new command, while a node still passes the first one on',
    breaks: 'Raft thesis §6.3: a retry carries the number of the command that it repeats',
    source: 'https://pkg.go.dev/go.etcd.io/raft/v3#Config (DisableProposalForwarding)',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'client',
    create: (init: ClientInit, fired: Fired): Node => new RetriesAsNew(init, fired),
  },
  {
    row: 'CS-10',
    id: 'client/response-mismatch',
    title: 'an answer that comes late is taken for that of the request that is open now',
    breaks: 'an answer belongs to the request whose number it carries',
    source: 'https://github.com/redis/redis-py/issues/2624',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'client',
    create: (init: ClientInit, fired: Fired): Node => new AnyAnswerCounts(init, fired),
  },
];
