import type { ClientRequest, ClientResponse, ConditionalRequest } from '../../contract/client.ts';
import type { ClusterInfo } from '../../contract/invariant.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs } from '../../kernel/time.ts';
import type { Ballot } from './ballot.ts';
import type { PaxosAnswer, Value } from './messages.ts';
import type { Leader, PaxosState } from './state.ts';

/** Of each client, so many requests are remembered: beyond, an answer is too late to be waited for. */
const REQUESTS = 64;

/** What is remembered of one node. */
interface Master {
  /** By its own clock; -Infinity while it is no master. */
  leaseUntilUs: DurationUs;
  ballot: Ballot;
  leaseReads: number;
  /** What its replica goes by, and how often it has refused a command for that. */
  epoch: Ballot;
  refused: number;
}

/** P15, in true time: who believes when that it is master, and in which epoch what was asked for is done. */
export class MasterWatch {
  private readonly cluster: ClusterInfo;
  private readonly breach: (text: string) => void;
  private readonly masters: readonly Master[];
  /** By the first slot of a configuration, the highest ballot that a quorum of it has promised. */
  private readonly led = new Map<number, Ballot>();
  private highestMaster: Ballot = 0;
  /** By client, the epoch that each of its requests names. */
  private readonly asked = new Map<NodeId, Map<number, Ballot>>();

  constructor(cluster: ClusterInfo, breach: (text: string) => void) {
    this.cluster = cluster;
    this.breach = breach;
    this.masters = cluster.nodes.map(() => (
      { leaseUntilUs: -Infinity, ballot: 0, leaseReads: 0, epoch: 0, refused: 0 }));
  }

  onStarted(node: NodeId, { epoch, refused }: PaxosState): void {
    Object.assign(this.of(node), { leaseUntilUs: -Infinity, leaseReads: 0, epoch, refused });
  }

  onCrashed(node: NodeId): void {
    this.of(node).leaseUntilUs = -Infinity;
  }

  /** A quorum of the configuration that begins in this slot has promised this ballot. */
  onLeads(node: NodeId, { ballot, leaseReads }: Leader, from: number): void {
    if (leaseReads === 0) this.of(node).leaseReads = 0;
    if (ballot > (this.led.get(from) ?? 0)) this.led.set(from, ballot);
  }

  /** The highest ballot that a quorum has promised for what a node answers from, or for later slots. */
  private highestLed({ configurations: [inForce] }: PaxosState): Ballot {
    let highest: Ballot = 0;
    for (const [from, ballot] of this.led) if (from >= (inForce?.from ?? 0)) highest = Math.max(highest, ballot);
    return highest;
  }

  afterEvent(node: NodeId, state: PaxosState): void {
    const { role } = state;
    const master = this.of(node);
    if (role.kind !== 'leader') {
      master.leaseUntilUs = -Infinity;
      return;
    }
    if (role.leaseUntilUs !== master.leaseUntilUs) this.onLease(node, master, role);
    if (role.leaseReads === master.leaseReads) return;
    master.leaseReads = role.leaseReads;
    const highestLed = this.highestLed(state);
    if (role.ballot >= highestLed) return;
    this.breach(`${this.master(node, role.ballot)} answers a read by its lease, ` +
      `but a quorum has promised ballot ${highestLed}`);
  }

  /**
   * A lease begins or goes on. Two masters at one instant are two at the one at which the later of them began, and
   * nobody begins but in an event of its own: so it is enough to look then, at what each clock shows.
   */
  private onLease(node: NodeId, master: Master, { ballot, leaseUntilUs }: Leader): void {
    master.leaseUntilUs = leaseUntilUs;
    master.ballot = ballot;
    if (!this.believes(node)) return;
    const other = this.cluster.nodes.find((id) => id !== node && this.believes(id));
    if (other !== undefined) {
      this.breach(`${this.master(node, ballot)} believes that nobody else is, ` +
        `and so does ${this.master(other, this.of(other).ballot)}`);
    }
    if (ballot < this.highestMaster) {
      this.breach(`${this.master(node, ballot)} follows the master in ballot ${this.highestMaster}`);
    }
    this.highestMaster = Math.max(this.highestMaster, ballot);
  }

  private believes(node: NodeId): boolean {
    return this.cluster.monotonicUs(node) < this.of(node).leaseUntilUs;
  }

  // ── Epochs ───────────────────────────────────────────────────────────

  onRequest(from: NodeId, request: ClientRequest): void {
    const { epoch = 0 } = request as Partial<ConditionalRequest>;
    if (epoch === 0) return;
    let asked = this.asked.get(from);
    if (asked === undefined) {
      asked = new Map<number, Ballot>();
      this.asked.set(from, asked);
    }
    asked.set(request.id, epoch);
    if (asked.size <= REQUESTS) return;
    for (const oldest of asked.keys()) {
      asked.delete(oldest);
      break;
    }
  }

  onAnswer(node: NodeId, to: NodeId, { id, body }: ClientResponse): void {
    const answer = body as unknown as PaxosAnswer;
    const epoch = this.asked.get(to)?.get(id);
    if (answer.kind !== 'executed' || epoch === undefined || answer.epoch === epoch) return;
    this.breach(`${this.master(node, answer.epoch)} executes what ${this.cluster.nameOf(to)} has asked of the master ` +
      `in ballot ${epoch}`);
  }

  /** These slots were executed, one after the other; `null` for those that came by a snapshot. */
  onExecuted(node: NodeId, values: readonly (Value | null)[], { epoch, refused }: PaxosState): void {
    const master = this.of(node);
    const name = this.cluster.nameOf(node);
    if (epoch < master.epoch) this.breach(`the epoch of ${name} falls from ballot ${master.epoch} to ${epoch}`);
    let stale = 0;
    for (const value of values) {
      if (value?.kind === 'new-epoch') master.epoch = Math.max(master.epoch, value.epoch);
      if (value?.kind === 'command' && value.epoch !== 0 && value.epoch !== master.epoch) stale += 1;
    }
    if (!values.includes(null) && refused - master.refused !== stale) {
      this.breach(`${name} refuses ${refused - master.refused} commands of epochs that are over, of ${stale}`);
    }
    master.epoch = epoch;
    master.refused = refused;
  }

  private of(node: NodeId): Master {
    return this.masters[node] as Master;
  }

  private master(node: NodeId, ballot: Ballot): string {
    return `${this.cluster.nameOf(node)}, master in ballot ${ballot},`;
  }
}
