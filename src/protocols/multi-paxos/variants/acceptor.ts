import type { Context } from '../../../contract/context.ts';
import { ForwardingContext } from '../../../contract/forwarding-context.ts';
import type { Message } from '../../../contract/message.ts';
import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { type Ballot, NO_BALLOT } from '../ballot.ts';
import type { Accept, Prepare, Promised } from '../messages.ts';
import { DefectivePaxos } from './defective.ts';

/** Answers leave before what they say is synced. */
class SaysBeforeItWrites extends ForwardingContext {
  override persist(): void {
    // Whatever is synced next takes this with it.
  }

  override send(to: NodeId, message: Message): void {
    this.ctx.sendNow(to, message);
  }
}

/** MP-01: a promise leaves before it is on the disk. */
class PromiseNotDurable extends DefectivePaxos {
  protected override onPrepare(ctx: Context, from: NodeId, request: Prepare): void {
    if (this.mayPromise(request.ballot)) this.fired();
    super.onPrepare(new SaysBeforeItWrites(ctx), from, request);
  }
}

/** MP-02: an acceptance leaves before it is on the disk. */
class AcceptNotDurable extends DefectivePaxos {
  protected override onAccept(ctx: Context, from: NodeId, request: Accept): void {
    if (this.mayAccept(request.ballot, request.slot)) this.fired();
    super.onAccept(new SaysBeforeItWrites(ctx), from, request);
  }
}

/** MP-03: whatever is proposed is accepted. */
class AcceptIgnoresPromise extends DefectivePaxos {
  protected override mayAccept(ballot: Ballot, slot: number): boolean {
    return this.instead(true, super.mayAccept(ballot, slot));
  }
}

/** MP-04: what was promised since does not count, only what was accepted in the slot. */
class AcceptChecksAcceptedOnly extends DefectivePaxos {
  protected override mayAccept(ballot: Ballot, slot: number): boolean {
    const accepted = this.state.durable.accepted.get(slot);
    return this.instead(accepted === undefined || ballot >= accepted.ballot, super.mayAccept(ballot, slot));
  }
}

/** MP-05: only Prepare raises the promise. */
class AcceptKeepsOldPromise extends DefectivePaxos {
  protected override promiseOnAccept(ballot: Ballot): Ballot {
    return this.instead(this.state.durable.promised, super.promiseOnAccept(ballot));
  }
}

/**
 * MP-17: an acceptor knows one ballot, the last that it has joined, and all it has accepted seems to be of that one. It
 * accepts A in ballot 1 and joins ballot 3, which comes to nothing; B was chosen in ballot 2 by others. Who prepares
 * ballot 4 hears of A in ballot 3.
 */
class SingleBallot extends DefectivePaxos {
  private joined: Ballot = NO_BALLOT;

  protected override onPrepare(ctx: Context, from: NodeId, request: Prepare): void {
    this.joined = this.state.durable.promised;
    super.onPrepare(ctx, from, request);
  }

  protected override prepare(ctx: Context): void {
    this.joined = this.state.durable.promised;
    super.prepare(ctx);
  }

  protected override promised(ballot: Ballot, fromSlot: number): Promised {
    const reference = super.promised(ballot, fromSlot);
    if (reference.accepted.some((entry) => entry.ballot !== this.joined)) this.fired();
    return { ...reference, accepted: reference.accepted.map((entry) => ({ ...entry, ballot: this.joined })) };
  }
}

/** MP-21: what is executed here is dropped, whoever else has it. */
class TruncateTooEarly extends DefectivePaxos {
  protected override mayTruncateTo(quorumHas: number): number {
    return this.instead(this.state.executed, super.mayTruncateTo(quorumHas));
  }
}

/** Defects of what acceptors remember. */
export const acceptorVariants: readonly Variant[] = [
  {
    row: 'MP-01',
    id: 'multi-paxos/promise-not-durable',
    title: 'a promise is given before it is on the disk',
    breaks: 'Paxos Made Simple, section 2.5: an acceptor records its response before it sends it',
    source: 'Paxos Made Simple, section 2.5',
    difficulty: 'E',
    firstCatcher: 'P8',
    in: 'node',
    create: (init, fired) => new PromiseNotDurable(init, fired),
  },
  {
    row: 'MP-02',
    id: 'multi-paxos/accept-not-durable',
    title: 'an acceptance is told before it is on the disk',
    breaks: 'Paxos Made Simple, section 2.5: an acceptor records its response before it sends it',
    source: 'https://github.com/scylladb/scylladb/issues/6149',
    difficulty: 'E',
    firstCatcher: 'P8',
    in: 'node',
    create: (init, fired) => new AcceptNotDurable(init, fired),
  },
  {
    row: 'MP-03',
    id: 'multi-paxos/accept-ignores-promise',
    title: 'an acceptor accepts any ballot, whatever it has promised',
    breaks: 'Paxos Made Simple, section 2.2, P1a: nothing below a promise is accepted',
    source: 'Paxos Made Simple, section 2.2',
    difficulty: 'E',
    firstCatcher: 'P6',
    in: 'node',
    create: (init, fired) => new AcceptIgnoresPromise(init, fired),
  },
  {
    row: 'MP-04',
    id: 'multi-paxos/accept-checks-accepted-only',
    title: 'a ballot is compared with what was accepted in the slot, not with what was promised',
    breaks: 'Paxos Made Simple, section 2.2, P1a: nothing below a promise is accepted',
    source: 'Paxos Made Simple, section 2.2',
    difficulty: 'E',
    firstCatcher: 'P6',
    in: 'node',
    create: (init, fired) => new AcceptChecksAcceptedOnly(init, fired),
  },
  {
    row: 'MP-05',
    id: 'multi-paxos/accept-keeps-old-promise',
    title: 'accepting a ballot does not promise it',
    breaks: 'PMMC, section 2.2: an acceptor adopts the ballot of what it accepts',
    source: 'https://github.com/scylladb/scylladb/issues/6139',
    difficulty: 'E',
    firstCatcher: 'P7',
    in: 'node',
    create: (init, fired) => new AcceptKeepsOldPromise(init, fired),
  },
  {
    row: 'MP-17',
    id: 'multi-paxos/single-ballot',
    title: 'one variable is the ballot that was promised and that of what was accepted',
    breaks: 'Paxos Made Simple, section 2.2: an acceptor remembers the highest ballot that it has accepted, and apart '
      + 'from it the highest that it has answered',
    source: 'Sutra 2020, "On the correctness of Egalitarian Paxos"',
    difficulty: 'M',
    firstCatcher: 'P9',
    in: 'node',
    create: (init, fired) => new SingleBallot(init, fired),
  },
  {
    row: 'MP-21',
    id: 'multi-paxos/truncate-too-early',
    title: 'an acceptor drops what it has executed itself, and has in no snapshot on its disk',
    breaks: 'Paxos Made Live, section 5.5: the log is truncated after a snapshot is on the disk',
    source: 'Paxos Made Live, section 5.5',
    difficulty: 'E',
    firstCatcher: 'P13',
    in: 'node',
    create: (init, fired) => new TruncateTooEarly(init, fired),
  },
];
