/**
 * A compare-and-set register for each key, by Paxos: prepare, read, propose, commit, as the lightweight transactions of
 * Apache Cassandra have it (Ellis, "Lightweight transactions in Cassandra 2.0", 2013). The acceptors are those of
 * single-decree Paxos, untouched: each version of a register is an instance, and one promise covers all of them.
 *
 * A ballot reads as it prepares: among a quorum, the highest version that is known to be chosen, and the next one if
 * somebody has accepted it. That one is finished first, whoever asks for what: a read, or a compare that fails, which
 * passed it over would leave the next reader to see it or not (CASSANDRA-12126). Only then a change of one's own is
 * proposed, and committed once a quorum has accepted it.
 *
 * Acceptors can move from node to node, see seats.ts.
 *
 * Atomic steps: each handler. Uses of sendNow: Rejected, as in acceptor.ts.
 */
import type { ClientRequest } from '../../../contract/client.ts';
import type { Context } from '../../../contract/context.ts';
import type { Message } from '../../../contract/message.ts';
import type { Node, NodeInit } from '../../../contract/node.ts';
import type { Options } from '../../../contract/options.ts';
import type { SessionCommand, SessionResult } from '../../../contract/session.ts';
import { assert } from '../../../kernel/assert.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { authorOf, isSameAuthor } from '../author.ts';
import { type Ballot, isSameBallot } from '../ballot.ts';
import type { Accepted, AcceptedProposal, AcceptorMessage, PaxosAnswer, Promised } from '../messages.ts';
import { readSettings } from '../options.ts';
import {
  type AcceptorRecord, type Asked, type Attempt, type CountedPromise, type Pursuit, recoverDurable, rolesOf,
} from '../state.ts';
import { type Effect, effectOf, resultOf, type Update } from './register.ts';
import { Seated } from './seats.ts';
import {
  type CasMessage, type CasPromise, type CasPromised, type CasState, type Commit, COMMITTED_KEYS_FILE,
  committedFile,
} from './state.ts';

/** A node of compare-and-set registers. */
export class CasNode extends Seated implements Node<CasState> {
  readonly state: CasState;

  constructor(init: NodeInit) {
    super(init);
    const learned = new Map<string, Update>();
    for (const key of (init.disk.cell(COMMITTED_KEYS_FILE) as readonly string[] | undefined) ?? []) {
      const update = init.disk.cell(committedFile(key)) as Update | undefined;
      if (update !== undefined) learned.set(key, update);
    }
    this.state = {
      roles: rolesOf(this.layout, this.self),
      durable: recoverDurable(init.disk),
      round: 0,
      pursuits: new Map(),
      learned,
      seat: this.recoverSeat(init.disk),
      isTaking: false,
      holders: new Map(),
    };
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    const sent = message as CasMessage;
    if (sent.kind === 'Commit') return this.commit(ctx, sent.key, sent.update);
    if (this.onSeatMessage(ctx, from, sent)) return;
    if (this.onPhaseMessage(ctx, from, sent as AcceptorMessage<Update>)) return;
    assert(sent.kind === 'Accepted', 'this is all that nodes send');
    this.onAccepted(ctx, from, sent);
  }

  onOptions(_ctx: Context, options: Options): void {
    this.settings = readSettings(options);
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** What a command does to the version that a quorum holds. */
  protected effectOn(current: Update | null, { request, command }: Asked): Effect {
    return effectOf(current, authorOf(request, command), command);
  }

  // ── Prepare and read ─────────────────────────────────────────────────

  protected override promiseOf(key: string, ballot: Ballot, record: AcceptorRecord<Update>): CasPromised {
    const { accepted } = record;
    return { kind: 'Promised', key, ballot, accepted, committed: this.state.learned.get(key) ?? null };
  }

  protected override counted(from: NodeId, promised: Promised<Update>): CasPromise {
    return { from, accepted: promised.accepted, committed: (promised as CasPromised).committed };
  }

  /**
   * The highest version that any of them knows to be chosen, or we ourselves: the promises for our next ballot may
   * overtake our Commit, and else each change would be finished twice.
   */
  protected committedAmong(key: string, promises: readonly CountedPromise<Update>[]): Update | null {
    let highest = this.state.learned.get(key) ?? null;
    for (const { committed } of promises as readonly CasPromise[]) {
      if (committed !== null && committed.version > (highest?.version ?? 0)) highest = committed;
    }
    return highest;
  }

  /** What was accepted of versions that are known to be chosen is over. */
  protected inProgress(promises: readonly CountedPromise<Update>[], current: Update | null): Update | null {
    const open = promises.filter(({ accepted }) => isBeyond(accepted, current));
    return this.valueToAdopt(open);
  }

  // ── Propose ──────────────────────────────────────────────────────────

  protected override choose(
    ctx: Context, key: string, pursuit: Pursuit<Update>, attempt: Attempt<Update>,
  ): Update | null {
    const current = this.committedAmong(key, attempt.promises);
    if (current !== null) this.commit(ctx, key, current);
    const unfinished = this.inProgress(attempt.promises, current);
    if (unfinished !== null) return unfinished;
    for (const asked of pursuit.asked.slice()) {
      // What it read may be older than the answers that this client has seen.
      if (!this.sawPromisesAfter(asked, attempt)) continue;
      const effect = isGivenUp(asked, pursuit) ? GONE : this.effectOn(current, asked);
      if (effect.kind === 'change') return effect.update;
      this.answer(ctx, asked.request, effect.result);
      pursuit.asked.splice(pursuit.asked.indexOf(asked), 1);
    }
    this.goOn(ctx, key, pursuit);
    return null;
  }

  /** Whoever is left asks anew. */
  private goOn(ctx: Context, key: string, pursuit: Pursuit<Update>): void {
    if (pursuit.asked.length > 0) this.prepare(ctx, key, pursuit);
    else this.endPursuit(ctx, key);
  }

  // ── Commit ───────────────────────────────────────────────────────────

  /** Its proposer alone waits for it. */
  protected override toldOf(proposer: NodeId): readonly NodeId[] {
    return [proposer];
  }

  private onAccepted(ctx: Context, from: NodeId, { key, ballot }: Accepted<Update>): void {
    const pursuit = this.state.pursuits.get(key);
    const attempt = pursuit?.attempt ?? null;
    if (pursuit === undefined || attempt === null || !isSameBallot(attempt.ballot, ballot)) return;
    const { acceptedBy, proposal } = attempt;
    const seat = this.seatOf(from);
    if (acceptedBy.includes(seat) || !this.layout.acceptors.includes(seat) || proposal === null) return;
    acceptedBy.push(seat);
    if (acceptedBy.length < this.layout.acceptQuorum) return;
    ctx.note({ event: 'chosen', key, version: proposal.version, value: proposal.value });
    this.commit(ctx, key, proposal);
    const message: Commit = { kind: 'Commit', key, update: proposal };
    for (const seat of this.layout.acceptors) {
      const acceptor = this.holderOf(seat);
      if (acceptor !== this.self) ctx.send(acceptor, message);
    }
    pursuit.defeats = 0;
    const own = pursuit.asked.find(({ request, command }) => isSameAuthor(authorOf(request, command), proposal.by));
    if (own !== undefined) {
      this.answer(ctx, own.request, resultOf(proposal));
      pursuit.asked.splice(pursuit.asked.indexOf(own), 1);
    }
    this.goOn(ctx, key, pursuit);
  }

  /** Commits come late and twice: a lower version is no news. */
  protected override commit(ctx: Context, key: string, update: Update): void {
    const { learned } = this.state;
    const before = learned.get(key);
    if (before !== undefined && before.version >= update.version) return;
    learned.set(key, update);
    ctx.put(committedFile(key), update);
    if (before === undefined) ctx.put(COMMITTED_KEYS_FILE, [...learned.keys()]);
    ctx.persist();
  }

  // ── Clients ──────────────────────────────────────────────────────────

  onRequest(ctx: Context, request: ClientRequest): void {
    const command = request.command as unknown as SessionCommand;
    if (command.kind === 'register') return this.answer(ctx, request, { kind: 'registered', session: request.id });
    if (this.state.roles.includes('proposer')) return this.pursue(ctx, request, command);
    const { proposers } = this.layout;
    const proposer = proposers[request.id % proposers.length] as NodeId;
    ctx.reply(request, { kind: 'not-proposer', proposer } satisfies PaxosAnswer);
  }

  protected answer(ctx: Context, request: ClientRequest, result: SessionResult): void {
    ctx.reply(request, { kind: 'result', result } satisfies PaxosAnswer);
  }
}

const GONE: Effect = { kind: 'answer', result: { kind: 'no-session' } };

/**
 * Whoever asks in a later session has given up the one before. With a round for each command that nobody waits for,
 * a slow disk falls behind its clients, and they hear nothing any more: the next ones are given up as well.
 */
function isGivenUp({ request: { client }, command: { session } }: Asked, { asked }: Pursuit<Update>): boolean {
  return asked.some((other) => other.request.client === client && other.command.session > session);
}

/** Whether it is of a version that is not known to be chosen. */
function isBeyond(accepted: AcceptedProposal<Update> | null, current: Update | null): boolean {
  return accepted !== null && accepted.proposal.version > (current?.version ?? 0);
}
