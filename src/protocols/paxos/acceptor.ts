import type { Context } from '../../contract/context.ts';
import type { NodeInit } from '../../contract/node.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { isSameAuthor } from './author.ts';
import { type Ballot, compareBallots, isSameBallot } from './ballot.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { Accept, Accepted, AcceptorMessage, Prepare, Promised, Proposal, Rejected } from './messages.ts';
import { type PaxosSettings, readSettings } from './options.ts';
import { type AcceptorRecord, type CommonState, instanceFile, KEYS_FILE, UNTOUCHED } from './state.ts';

/**
 * The acceptor ("Paxos Made Simple", §2.2): the memory of Paxos. It answers two questions and keeps two promises; it
 * does not know what the instances are for.
 */
export abstract class Acceptor<P extends Proposal, S extends CommonState<P>> {
  abstract readonly state: S;
  protected readonly self: NodeId;
  protected readonly layout: Layout;
  protected settings: PaxosSettings;

  constructor({ self, nodes, options }: NodeInit) {
    this.self = self;
    this.settings = readSettings(options);
    this.layout = layoutOf(nodes, this.settings);
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /**
   * §2.2 A prepare request with a number greater than that of any to which it has responded. The same number from the
   * proposer that it names is the same request once more: that one uses it once.
   */
  protected mayPromise({ promised }: AcceptorRecord<P>, ballot: Ballot, from: NodeId): boolean {
    if (promised === null) return true;
    const order = compareBallots(ballot, promised);
    return order > 0 || (order === 0 && ballot.proposer === from);
  }

  /** §2.2, P1a: unless it has responded to a prepare request with a greater number. */
  protected mayAccept({ promised }: AcceptorRecord<P>, ballot: Ballot): boolean {
    return promised === null || compareBallots(ballot, promised) >= 0;
  }

  /**
   * Accepting is a promise, too. Prepared are 1 on a1, a2 and 2 on a2, a3; accept (2, B) reaches a1, a3: B is chosen.
   * If a1 stays at promise 1, it takes a late accept (1, A) over its B; and 3, prepared on a1, a2, finds A and no B.
   */
  protected promisedAfter(_record: AcceptorRecord<P>, ballot: Ballot): Ballot | null {
    return ballot;
  }

  // ── Phase 1b ─────────────────────────────────────────────────────────

  protected onPrepare(ctx: Context, from: NodeId, { key, ballot }: Prepare): void {
    const record = this.recordOf(key);
    if (!this.mayPromise(record, ballot, from)) return this.reject(ctx, from, key, ballot, record);
    if (record.promised === null || compareBallots(ballot, record.promised) !== 0) {
      this.keep(ctx, key, { promised: ballot, accepted: record.accepted });
      ctx.note({ event: 'promised', key, round: ballot.round, proposer: ballot.proposer });
    }
    ctx.send(from, this.promiseOf(key, ballot, record)); // Barrier: leaves when the promise is synced.
  }

  protected promiseOf(key: string, ballot: Ballot, { accepted }: AcceptorRecord<P>): Promised<P> {
    return { kind: 'Promised', key, ballot, accepted };
  }

  // ── Phase 2b ─────────────────────────────────────────────────────────

  protected onAccept(ctx: Context, from: NodeId, { key, ballot, proposal }: Accept<P>): void {
    const record = this.recordOf(key);
    if (!this.mayAccept(record, ballot)) return this.reject(ctx, from, key, ballot, record);
    if (!isAlreadyAccepted(record, ballot, proposal)) {
      this.keep(ctx, key, { promised: this.promisedAfter(record, ballot), accepted: { ballot, proposal } });
      ctx.note({ event: 'accepted', key, round: ballot.round, proposer: ballot.proposer });
    }
    const message: Accepted<P> = { kind: 'Accepted', key, ballot, proposal };
    for (const node of this.toldOf(from)) ctx.send(node, message); // Barrier, as above.
  }

  /** Who hears that something was accepted that this node has proposed. */
  protected abstract toldOf(proposer: NodeId): readonly NodeId[];

  /**
   * §2.2 "It is probably a good idea to abandon a proposal" of a number that cannot win: so its proposer is told. At
   * once, for this promises nothing: who hears of a promise that a crash then takes away only counts higher.
   */
  private reject(ctx: Context, to: NodeId, key: string, ballot: Ballot, { promised }: AcceptorRecord<P>): void {
    assert(promised !== null, 'only what was promised stands in the way');
    const message: Rejected = { kind: 'Rejected', key, ballot, promised };
    ctx.sendNow(to, message);
  }

  // ── What it remembers (§2.5) ─────────────────────────────────────────

  protected recordOf(key: string): AcceptorRecord<P> {
    return this.state.durable.instances.get(key) ?? UNTOUCHED;
  }

  private keep(ctx: Context, key: string, record: AcceptorRecord<P>): void {
    const { instances } = this.state.durable;
    const isNew = !instances.has(key);
    instances.set(key, record);
    ctx.put(instanceFile(key), record);
    if (isNew) ctx.put(KEYS_FILE, [...instances.keys()]);
    ctx.persist();
  }

  /** Hands on what acceptors are asked; `false` for everything else. */
  protected onAcceptorMessage(ctx: Context, from: NodeId, message: AcceptorMessage<P>): boolean {
    switch (message.kind) {
      case 'Prepare': this.onPrepare(ctx, from, message); return true;
      case 'Accept': this.onAccept(ctx, from, message); return true;
      default: return false;
    }
  }
}

function isAlreadyAccepted<P extends Proposal>({ accepted }: AcceptorRecord<P>, ballot: Ballot, proposal: P): boolean {
  return accepted !== null && isSameBallot(accepted.ballot, ballot) && isSameAuthor(accepted.proposal.by, proposal.by);
}
