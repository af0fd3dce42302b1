/**
 * Single-decree Paxos, as in "Paxos Made Simple" by Lamport, 2001: one value is chosen, once and for ever. Each key of
 * the workload is an instance of its own on the same acceptors, a register that is written once.
 *
 * Implemented: §2.1 the roles, together in each node or apart; §2.2 both phases, with rejections; §2.3 learning, each
 * acceptor telling each learner, and a learner that has missed something having a proposer issue a proposal; §2.4
 * progress, by back-off in place of a distinguished proposer; §2.5 stable storage and numbers that are used once.
 * Besides, quorums of two sizes (Howard, Malkhi and Spiegelman, "Flexible Paxos", 2016). Not here: §3, a sequence of
 * instances for a state machine, which is Multi-Paxos.
 *
 * Deviations, with reasons, are listed in README.md beside this file.
 *
 * Atomic steps: each handler. A pause or a crash strikes between a handler and the completion of its persist, between
 * two handlers, and nowhere else. "Promise, store it, say so" is one step, but the message leaves only after the sync.
 *
 * Uses of sendNow: Rejected, which attests nothing (see acceptor.ts).
 */
import type { ClientRequest } from '../../contract/client.ts';
import type { Context } from '../../contract/context.ts';
import type { Message, Plain } from '../../contract/message.ts';
import type { Node, NodeInit } from '../../contract/node.ts';
import type { Options } from '../../contract/options.ts';
import type { SessionCommand, SessionResult } from '../../contract/session.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { authorOf, isSameAuthor } from './author.ts';
import { type Ballot, isSameBallot } from './ballot.ts';
import type { Accepted, PaxosAnswer, PaxosMessage, Proposal } from './messages.ts';
import { readSettings } from './options.ts';
import { Proposer } from './proposer.ts';
import {
  type Asked, type Attempt, type Execute, type PaxosState, type Pursuit, recoverDurable, rolesOf, type Tally,
} from './state.ts';

/** A node of single-decree Paxos. */
export class PaxosNode extends Proposer<Proposal, PaxosState> implements Node<PaxosState> {
  readonly state: PaxosState;

  /** §2.5 After a crash, a node knows what it had to store. What was learned it learns again. */
  constructor(init: NodeInit) {
    super(init);
    this.state = {
      roles: rolesOf(this.layout, this.self),
      durable: recoverDurable(init.disk),
      round: 0,
      pursuits: new Map(),
      learned: new Map(),
      tallies: new Map(),
    };
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    const sent = message as PaxosMessage;
    if (this.onPhaseMessage(ctx, from, sent)) return;
    assert(sent.kind === 'Accepted', 'this is all that nodes send');
    this.onAccepted(ctx, from, sent);
  }

  onOptions(_ctx: Context, options: Options): void {
    // Roles and quorums stay: nodes that disagreed about them would not have the same quorums.
    this.settings = readSettings(options);
  }

  // ── Choosing what may be proposed (§2.2) ─────────────────────────────

  protected override choose(
    ctx: Context, key: string, pursuit: Pursuit, attempt: Attempt,
  ): Proposal | null {
    const adopted = this.valueToAdopt(attempt.promises);
    if (adopted !== null) return adopted;
    const own = pursuit.asked.find(({ command }) => command.operation.f !== 'read');
    if (own !== undefined) return proposalOf(own);
    this.answerNothing(ctx, key, pursuit, attempt);
    return null;
  }

  /** Nothing was chosen before these promises, and nobody here wants anything to be. */
  private answerNothing(ctx: Context, key: string, pursuit: Pursuit, attempt: Attempt): void {
    const early = pursuit.asked.filter((asked) => this.sawPromisesAfter(asked, attempt));
    for (const { request } of early) this.answer(ctx, request, { kind: 'ok', value: null });
    const late = pursuit.asked.filter((asked) => !early.includes(asked));
    pursuit.asked.splice(0, pursuit.asked.length, ...late);
    if (late.length > 0) this.prepare(ctx, key, pursuit);
    else this.endPursuit(ctx, key);
  }

  // ── Learning (§2.3) ──────────────────────────────────────────────────

  /** Each learner; and the proposer, who waits for it. */
  protected override toldOf(proposer: NodeId): readonly NodeId[] {
    const { learners } = this.layout;
    return learners.includes(proposer) ? learners : [...learners, proposer];
  }

  private onAccepted(ctx: Context, from: NodeId, { key, ballot, proposal }: Accepted): void {
    const { learned, pursuits } = this.state;
    const attempt = pursuits.get(key)?.attempt ?? null;
    if (attempt !== null && isSameBallot(attempt.ballot, ballot) && !attempt.acceptedBy.includes(from)) {
      attempt.acceptedBy.push(from);
    }
    if (learned.has(key)) return;
    const tally = this.tallyOf(key, ballot, proposal);
    if (!this.countsAcceptance(tally, from)) return;
    tally.from.push(from);
    if (tally.from.length >= this.acceptQuorum()) this.learn(ctx, key, tally.proposal);
  }

  /**
   * A value is chosen when a quorum has accepted it with one and the same ballot. Acceptances of several ballots say
   * nothing together: with 1, A was accepted by a1, and with 3 by a3; between them, with 2, B was by a1 and a2.
   */
  protected tallyOf(key: string, ballot: Ballot, proposal: Proposal): Tally {
    const { tallies } = this.state;
    const ofKey = tallies.get(key) ?? [];
    tallies.set(key, ofKey);
    let tally = ofKey.find((known) => isSameBallot(known.ballot, ballot));
    if (tally === undefined) {
      tally = { ballot, proposal, from: [] };
      ofKey.push(tally);
    }
    return tally;
  }

  /** Networks duplicate: an acceptor counts once. */
  protected countsAcceptance({ from }: Tally, acceptor: NodeId): boolean {
    return !from.includes(acceptor);
  }

  protected acceptQuorum(): number {
    return this.layout.acceptQuorum;
  }

  private learn(ctx: Context, key: string, proposal: Proposal): void {
    const { learned, tallies, pursuits } = this.state;
    assert(!learned.has(key), 'a value is learned once');
    learned.set(key, proposal);
    tallies.delete(key);
    ctx.note({ event: 'chosen', key, client: proposal.by.client, value: proposal.value });
    const pursuit = pursuits.get(key);
    if (pursuit === undefined) return;
    for (const { request, command } of pursuit.asked) this.answer(ctx, request, resultOf(request, command, proposal));
    this.endPursuit(ctx, key);
  }

  // ── Clients ──────────────────────────────────────────────────────────

  onRequest(ctx: Context, request: ClientRequest): void {
    const command = request.command as unknown as SessionCommand;
    // No session is kept: what is chosen has the name of its command in it. Numbers of attempts are unique.
    if (command.kind === 'register') return this.answer(ctx, request, { kind: 'registered', session: request.id });
    const refusal = refusalOf(command);
    if (refusal !== null) return this.answer(ctx, request, refusal);
    const chosen = this.state.learned.get(command.operation.key);
    // Whoever knows what is chosen may say so: it stays so.
    if (chosen !== undefined) return this.answer(ctx, request, resultOf(request, command, chosen));
    if (this.state.roles.includes('proposer')) return this.pursue(ctx, request, command);
    const { proposers } = this.layout;
    const proposer = proposers[request.id % proposers.length] as NodeId;
    ctx.reply(request, { kind: 'not-proposer', proposer } satisfies PaxosAnswer);
  }

  protected answer(ctx: Context, request: ClientRequest, result: SessionResult): void {
    ctx.reply(request, { kind: 'result', result } satisfies PaxosAnswer);
  }
}

/** What a command wants to be chosen. */
function proposalOf({ request, command }: Asked): Proposal {
  const { f, value } = command.operation;
  const wanted = f === 'cas' ? (value as readonly [Plain, Plain])[1] : value;
  return Object.freeze({ by: authorOf(request, command), value: wanted });
}

/**
 * Definite at once: a register that is written once has no second value and loses none, so a compare with anything but
 * nothing can only fail. `null`: not refused.
 */
function refusalOf({ operation: { f, value } }: Execute): SessionResult | null {
  if (f === 'read' || f === 'write') return null;
  if (f === 'cas' && (value as readonly [Plain, Plain])[0] === null) return null;
  return { kind: 'refused', error: `${f} would change what is chosen`, value: null };
}

/** What the chosen value says of a command. */
function resultOf(request: ClientRequest, command: Execute, chosen: Proposal): SessionResult {
  const { f, value } = command.operation;
  if (f === 'read') return { kind: 'ok', value: chosen.value };
  if (isSameAuthor(chosen.by, authorOf(request, command))) return { kind: 'ok', value };
  return { kind: 'refused', error: 'another value is chosen', value: chosen.value };
}
