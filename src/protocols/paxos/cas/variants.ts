import type { Context } from '../../../contract/context.ts';
import type { NodeInit } from '../../../contract/node.ts';
import type { SessionResult } from '../../../contract/session.ts';
import type { Fired, Variant, VariantInfo } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { type DurationUs, type TimeUs, US_PER_MS } from '../../../kernel/time.ts';
import type { Accept, Prepare } from '../messages.ts';
import type { Asked, Attempt, Execute, Pursuit } from '../state.ts';
import { CasNode } from './cas.ts';
import type { Effect, Update } from './register.ts';
import type { SeatGiven } from './state.ts';

/** A node with one defect. */
abstract class DefectiveCas extends CasNode {
  protected readonly fired: Fired;

  constructor(init: NodeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }
}

/** PX-02b: what was promised and accepted for a key is dropped when nobody has asked for so long. */
class StateExpiresEarly extends DefectiveCas {
  /** By key, of the own monotonic clock. Volatile: a restart keeps everything for as long again. */
  private readonly touchedAtUs = new Map<string, TimeUs>();

  protected override onPrepare(ctx: Context, from: NodeId, message: Prepare): void {
    this.expire(ctx, message.key);
    super.onPrepare(ctx, from, message);
  }

  protected override onAccept(ctx: Context, from: NodeId, message: Accept<Update>): void {
    this.expire(ctx, message.key);
    super.onAccept(ctx, from, message);
  }

  private expire(ctx: Context, key: string): void {
    const nowUs = ctx.monotonicUs();
    const touchedAtUs = this.touchedAtUs.get(key) ?? nowUs;
    this.touchedAtUs.set(key, nowUs);
    if (nowUs - touchedAtUs > EXPIRY_US && this.state.durable.instances.delete(key)) this.fired();
  }
}

/** Less than a slow message takes; a proposer that is paused, or down, takes longer still. */
const EXPIRY_US: DurationUs = 500 * US_PER_MS;

/** PX-28: a read, or a compare that fails, is answered by what was seen accepted, and the round is not finished. */
class ReadLeavesInFlight extends DefectiveCas {
  protected override choose(
    ctx: Context, key: string, pursuit: Pursuit<Update>, attempt: Attempt<Update>,
  ): Update | null {
    const seen = this.inProgress(attempt.promises, this.committedAmong(key, attempt.promises));
    for (const asked of seen === null ? [] : pursuit.asked.slice()) {
      const result = unchanging(seen?.value ?? null, asked.command);
      if (result === null || !this.sawPromisesAfter(asked, attempt)) continue;
      this.fired();
      this.answer(ctx, asked.request, result);
      pursuit.asked.splice(pursuit.asked.indexOf(asked), 1);
    }
    if (pursuit.asked.length > 0) return super.choose(ctx, key, pursuit, attempt);
    this.endPursuit(ctx, key);
    return null;
  }
}

/** What a command is answered that leaves a register with this value as it is; `null` if it changes it. */
function unchanging(found: Update['value'], { operation: { f, value } }: Execute): SessionResult | null {
  if (f === 'read') return { kind: 'ok', value: found };
  const isRefused = f === 'cas' && (value as readonly Update['value'][])[0] !== found;
  return isRefused ? { kind: 'refused', error: 'compare failed', value: found } : null;
}

/** PX-30: a command that is asked for again, as its answer did not come in time, is executed again. */
class RetryExecutedAgain extends DefectiveCas {
  protected override effectOn(current: Update | null, asked: Asked): Effect {
    const reference = super.effectOn(current, asked);
    if (current === null || reference.kind === 'change' || asked.command.operation.f === 'read') return reference;
    this.fired();
    const { client } = asked.request;
    return super.effectOn({ ...current, clients: current.clients.filter((each) => each.client !== client) }, asked);
  }
}

/** PX-29: the data moves, and what is stored of rounds does not. */
class PaxosStateNotMigrated extends DefectiveCas {
  protected override belongings(seat: NodeId): SeatGiven {
    const reference = super.belongings(seat);
    if (reference.instances.length > 0) this.fired();
    return { ...reference, instances: [] };
  }
}

type Row = VariantInfo & { readonly node: new (init: NodeInit, fired: Fired) => CasNode };

const rows: readonly Row[] = [
  {
    row: 'PX-02b', id: 'paxos-cas/state-expires-early', node: StateExpiresEarly,
    title: 'what an acceptor has promised and accepted expires while rounds that rest on it are under way',
    breaks: 'Paxos Made Simple, §2.5: an acceptor remembers what it has promised and accepted',
    source: 'https://github.com/scylladb/scylladb/issues/6149', difficulty: 'E', firstCatcher: 'P5',
  },
  {
    row: 'PX-28', id: 'paxos-cas/read-leaves-inflight', node: ReadLeavesInFlight,
    title: 'a read, or a compare that fails, does not finish the round that it has seen',
    breaks: 'Paxos Made Simple, §2.3: what is learned is chosen',
    source: 'https://issues.apache.org/jira/browse/CASSANDRA-12126', difficulty: 'E', firstCatcher: 'linearizable',
  },
  {
    row: 'PX-29', id: 'paxos-cas/paxos-state-not-migrated', node: PaxosStateNotMigrated,
    title: 'a replica hands over its data, and not what it has promised and accepted',
    breaks: 'Paxos Made Simple, §2.5: an acceptor remembers what it has promised and accepted, wherever it is',
    source: 'https://github.com/scylladb/scylladb/issues/5251', difficulty: 'E', firstCatcher: 'P5',
  },
  {
    row: 'PX-30', id: 'paxos-cas/retry-executed-again', node: RetryExecutedAgain,
    title: 'a compare that timed out is retried as if that were harmless, and executed again',
    breaks: 'a command whose outcome is unknown may have happened: its retry is recognised, or not made',
    source: 'https://jira.mongodb.org/browse/JAVA-819', difficulty: 'E', firstCatcher: 'linearizable',
  },
];

/** Published defects of compare-and-set by Paxos. Those of its acceptors are rows of single-decree Paxos. */
export const casVariants: readonly Variant[] = rows.map(({ node: Defective, ...info }): Variant =>
  ({ ...info, in: 'node', create: (init, fired) => new Defective(init, fired) }));
