/**
 * A small protocol whose safety is a matter of disks, for the faults that a consensus protocol is not meant to
 * survive. The first node serves; the second one is its mirror. Whatever is acknowledged is on both disks, so either
 * may be lost.
 *
 * - The first node writes each command to its log, sends its whole log to the mirror, and executes the command when it
 *   is synced here and there. It repeats itself all the time, so that a mirror which was down, or lost its disk,
 *   catches up.
 * - When it starts again it asks the mirror before it serves, and takes from there what it has lost or cannot read. A
 *   corrupt entry at the end of its log may be one that nobody has acknowledged; it need not be.
 * - It serves again when all that it has found is on both disks.
 * - A failed sync is left to the world, which takes the node down: what it reads when it is back is what is stored.
 *
 * The network must lose what is older than a restart: a straggler would fill a position of the log that is another's
 * by now.
 * Each handler is atomic.
 */
import type { ClientRequest } from '../../../src/contract/client.ts';
import type { Context, PersistTag } from '../../../src/contract/context.ts';
import { CORRUPT } from '../../../src/contract/disk.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { ProtocolModule } from '../../../src/contract/module.ts';
import type { Node, NodeInit } from '../../../src/contract/node.ts';
import type { Fired, Variant } from '../../../src/contract/variant.ts';
import type { NodeId } from '../../../src/kernel/ids.ts';

const TICK_US = 20_000;
const LOG = 'log';

/** What stands at a position of the log; `null` where nobody can read it. */
type Slot = Plain;

interface Copy extends Message {
  readonly kind: 'Copy' | 'Found';
  readonly log: readonly Slot[];
}

interface Stored extends Message {
  readonly kind: 'Stored';
  readonly length: number;
}

interface VaultState {
  readonly isFirst: boolean;
  /** The mirror need not be asked any more. */
  isWhole: boolean;
  log: Slot[];
  /** So many entries of the log are synced here, and at the mirror. */
  stored: number;
  mirrored: number;
  executed: number;
  /** It may answer when so much is executed. */
  recovered: number;
  readonly requests: ClientRequest[];
  readonly store: unknown;
}

class VaultNode implements Node<VaultState> {
  readonly state: VaultState;
  private readonly init: NodeInit;

  constructor(init: NodeInit) {
    this.init = init;
    this.state = {
      isFirst: init.self === init.nodes[0], isWhole: init.isNew, log: [], stored: 0, mirrored: 0, executed: 0,
      recovered: 0, requests: [], store: init.machine.initial(),
    };
  }

  onStart(ctx: Context): void {
    const { state } = this;
    const entries = this.init.disk.log(LOG) as readonly Plain[];
    state.log = this.readable(entries);
    this.rewriteFrom(ctx, this.firstToRewrite(entries));
    if (!state.isWhole && !this.asksMirror()) this.recover(state.log.length);
    ctx.setTimer('tick', TICK_US);
    this.tick(ctx);
  }

  onTimer(ctx: Context): void {
    ctx.setTimer('tick', TICK_US);
    this.tick(ctx);
  }

  onRequest(ctx: Context, request: ClientRequest): void {
    const { state } = this;
    if (!state.isFirst) return ctx.reply(request, { other: this.init.nodes[0] as NodeId });
    if (!state.isWhole || state.executed < state.recovered) return; // Whoever asks again is heard.
    const read = this.init.machine.query(state.store, request.command);
    if (read !== null) return ctx.reply(request, { result: read.result });
    state.requests[state.log.length] = request;
    this.rewrite(ctx, state.log.length, [request.command]);
    this.tick(ctx);
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    const { state } = this;
    switch (message.kind) {
      case 'Ask': return ctx.send(from, { kind: 'Found', log: [...state.log] } as Copy);
      case 'Found': return this.merge(ctx, (message as Copy).log);
      case 'Copy': return this.mirror(ctx, from, (message as Copy).log);
      default: {
        state.mirrored = (message as Stored).length;
        this.execute(ctx);
      }
    }
  }

  onPersisted(ctx: Context, tag: PersistTag): void {
    this.state.stored = tag['length'] as number;
    if (this.state.isFirst) this.execute(ctx);
  }

  /** What the entries of its disk are to a node that starts. Of a torn end nothing is left to read. */
  protected readable(entries: readonly Plain[]): Slot[] {
    const slots = entries.map((entry) => (entry === CORRUPT ? null : entry));
    while (slots.length > 0 && slots.at(-1) === null) slots.pop();
    return slots;
  }

  /** Position, from 0, from which on the disk is written anew: what is read there is not what stands there. */
  protected firstToRewrite(entries: readonly Plain[]): number {
    const first = entries.indexOf(CORRUPT);
    return first === -1 ? entries.length : first;
  }

  protected asksMirror(): boolean {
    return this.state.isFirst;
  }

  private tick(ctx: Context): void {
    const { state } = this;
    if (!state.isFirst) return;
    const other = this.init.nodes[1] as NodeId;
    if (state.isWhole) ctx.sendNow(other, { kind: 'Copy', log: [...state.log] } as Copy);
    else ctx.sendNow(other, { kind: 'Ask' });
  }

  /** What the mirror can read fills what is missing or cannot be read here. */
  private merge(ctx: Context, found: readonly Slot[]): void {
    const { state } = this;
    if (state.isWhole) return;
    const from = state.log.findIndex((slot) => slot === null);
    state.log = Array.from({ length: Math.max(state.log.length, found.length) }, (_, at) =>
      state.log[at] ?? found[at] ?? null);
    this.rewriteFrom(ctx, from === -1 ? this.init.disk.log(LOG).length : from);
    this.recover(state.log.length);
    this.tick(ctx);
  }

  private recover(length: number): void {
    this.state.isWhole = true;
    this.state.recovered = length;
  }

  private mirror(ctx: Context, from: NodeId, log: readonly Slot[]): void {
    const { state } = this;
    const unread = state.log.findIndex((slot, at) => slot === null && (log[at] ?? null) !== null);
    const first = unread === -1 ? state.log.length : unread;
    if (log.length > first) this.rewrite(ctx, first, log.slice(first));
    ctx.send(from, { kind: 'Stored', length: state.log.length } as Stored);
  }

  /** Makes the disk the same as the log from a position on. */
  private rewriteFrom(ctx: Context, at: number): void {
    this.rewrite(ctx, at, this.state.log.slice(at));
  }

  private rewrite(ctx: Context, at: number, slots: readonly Slot[]): void {
    const { log } = this.state;
    log.length = at;
    log.push(...slots);
    this.write(ctx, at, slots);
    ctx.persist({ kind: 'stored', length: log.length });
  }

  protected write(ctx: Context, at: number, slots: readonly Slot[]): void {
    ctx.truncateFrom(LOG, at + 1);
    for (const slot of slots) ctx.append(LOG, slot ?? CORRUPT);
  }

  private execute(ctx: Context): void {
    const { state } = this;
    const end = Math.min(state.stored, state.mirrored, state.log.length);
    for (; state.executed < end; state.executed += 1) {
      const command = state.log[state.executed] ?? null;
      if (command === null) continue;
      const { result } = this.init.machine.apply(state.store, command, 0);
      const request = state.requests[state.executed];
      if (request !== undefined) ctx.reply(request, { result });
    }
  }
}

/** A node with one defect. */
abstract class DefectiveVault extends VaultNode {
  protected readonly fired: Fired;

  constructor(init: NodeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }
}

class TrustsItsDisk extends DefectiveVault {
  protected override asksMirror(): boolean {
    if (super.asksMirror()) this.fired();
    return false;
  }
}

/** A log ends at the first entry that cannot be read; whatever was acknowledged stands before it. */
class CutsAtCorruption extends DefectiveVault {
  protected override readable(entries: readonly Plain[]): Slot[] {
    const end = entries.indexOf(CORRUPT);
    const slots = end === -1 ? [...entries] : entries.slice(0, end);
    if (slots.length !== super.readable(entries).length) this.fired();
    return slots;
  }

  protected override asksMirror(): boolean {
    return false;
  }
}

/** The same, but that what cannot be read stays where it is, and what is written later stands behind it. */
class LeavesTheTornEnd extends DefectiveVault {
  private isShifted = false;

  protected override readable(entries: readonly Plain[]): Slot[] {
    const end = entries.indexOf(CORRUPT);
    this.isShifted = end !== -1;
    return end === -1 ? [...entries] : entries.slice(0, end);
  }

  protected override firstToRewrite(entries: readonly Plain[]): number {
    if (super.firstToRewrite(entries) !== entries.length) this.fired();
    return this.readable(entries).length;
  }

  protected override asksMirror(): boolean {
    return false;
  }

  protected override write(ctx: Context, at: number, slots: readonly Slot[]): void {
    if (!this.isShifted) return super.write(ctx, at, slots);
    for (const slot of slots) ctx.append(LOG, slot ?? CORRUPT);
  }
}

class SyncsAgain extends DefectiveVault {
  onPersistFailed(ctx: Context, tag: PersistTag | undefined): void {
    this.fired();
    ctx.persist(tag);
  }
}

function variant(row: string, id: string, title: string, create: (init: NodeInit, fired: Fired) => Node): Variant {
  return {
    row, id: `vault/${id}`, title, create, in: 'node', difficulty: 'X', firstCatcher: 'linearizable',
    breaks: 'what was acknowledged is found again on one of two disks',
    source: 'Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018',
  };
}

/** The protocol, with its defects. */
export const vault: ProtocolModule<VaultState> = {
  name: 'vault',
  options: {},
  create: (init) => new VaultNode(init),
  client: {
    classify(body) {
      const { result, other } = body as { readonly result?: Plain; readonly other?: NodeId };
      return result === undefined ? { kind: 'redirect', leader: other ?? null } : { kind: 'done', result };
    },
  },
  view: ({ isFirst }) => ({ role: isFirst ? 'leader' : 'follower', epoch: 1, leader: null }),
  events: [],
  invariants: { declared: [], observe: () => ({}) },
  variants: [
    variant('VA-01', 'trusts-its-disk', 'a node that starts again asks nobody what it may have lost',
      (init, fired) => new TrustsItsDisk(init, fired)),
    variant('VA-02', 'cuts-at-corruption', 'an entry that cannot be read is taken for the torn end of the log',
      (init, fired) => new CutsAtCorruption(init, fired)),
    variant('VA-03', 'leaves-the-torn-end', 'what is written after a crash stands behind an entry that cannot be read',
      (init, fired) => new LeavesTheTornEnd(init, fired)),
    variant('VA-04', 'syncs-again', 'a sync that failed is tried again, and believed',
      (init, fired) => new SyncsAgain(init, fired)),
  ],
  assumptions: [],
  progressBudgetUs: () => 5_000_000,
};
