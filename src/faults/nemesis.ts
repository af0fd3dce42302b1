import type { Plain } from '../contract/message.ts';
import type { Options } from '../contract/options.ts';
import type { WorldControl } from '../contract/world-control.ts';
import { unreachable } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs } from '../kernel/time.ts';
import {
  bridge, halves, isolate, majoritiesRing, minority, minorityWith, ring, separate, type Topology,
} from '../world/topology.ts';
import { noEffect, strengthOf, type AppliedFault } from './applied.ts';
import type { PartitionShape } from './fault.ts';
import { picksFrom } from './picks.ts';
import type { PlainFault, PlannedFault } from './plan.ts';
import { namesOf, resolveTarget, type Aim } from './target.ts';

/** What a nemesis is made from. */
export interface NemesisInit {
  readonly control: WorldControl;
  readonly plan: readonly PlannedFault[];
  /** Indices into `plan` of the faults to leave out. */
  readonly without: readonly number[];
  /** Start and end of each fault, for the history. */
  readonly onFault: (f: string, value: Plain) => void;
}

/** How the end of a change is called in the history. */
const endOf = {
  crash: 'restart', pause: 'resume', cut: 'heal', hold: 'release', link: 'restore-link', drift: 'restore-drift',
  set: 'restore-options', disk: 'restore-disk',
} as const;

/** One thing that an applied fault changed and that can be undone: it stands until then. */
interface Change {
  readonly record: AppliedFault;
  readonly kind: keyof typeof endOf;
  /** Whom it strikes; the sender of a link. */
  readonly process: NodeId;
  readonly undo: () => void;
}

type Act<K extends PlainFault['kind']> = Extract<PlainFault, { readonly kind: K }>;

/**
 * Applies a plan of faults to a world, through its control alone. Faults may overlap: each undoes only what it did
 * itself, once. A fault that finds no target (no leader, nobody paused) is not applied and leaves no record.
 */
export class Nemesis {
  /** In the order in which they applied. Not to be changed. */
  readonly applied: AppliedFault[] = [];
  private readonly control: WorldControl;
  private readonly plan: readonly PlannedFault[];
  private readonly onFault: NemesisInit['onFault'];
  /** What was changed and not undone yet, oldest first. */
  private readonly standing = new Set<Change>();
  /** Settings that faults have put over one another, by what they set; the last one rules. */
  private readonly settings = new Map<string, (() => void)[]>();
  /** Options that faults have set, oldest first. */
  private readonly optionsSet: Options[] = [];

  constructor(init: NemesisInit) {
    this.control = init.control;
    this.plan = init.plan.filter(({ index }) => !init.without.includes(index));
    this.onFault = init.onFault;
  }

  /** Schedules timed faults and begins to listen for the others. Called once, before the first event. */
  start(): void {
    const waiting: { readonly fault: PlannedFault; seen: number }[] = [];
    for (const fault of this.plan) {
      if (fault.trigger.kind === 'at') this.control.at(fault.trigger.atUs, () => { this.apply(fault, null); });
      else waiting.push({ fault, seen: 0 });
    }
    if (waiting.length === 0) return;
    const events = waiting.map(({ fault: { trigger } }) => (trigger.kind === 'when' ? trigger.event : ''));
    this.control.onNote(events, (process, event) => {
      const by = this.control.nameOf(process);
      for (const entry of waiting) {
        const { trigger } = entry.fault;
        if (trigger.kind !== 'when' || trigger.event !== event) continue;
        if (trigger.by !== null && trigger.by !== by) continue;
        entry.seen += 1;
        if (entry.seen !== trigger.nth) continue;
        const atUs = this.control.nowUs() + trigger.afterUs;
        if (trigger.untilUs !== null && atUs > trigger.untilUs) continue;
        this.control.at(atUs, () => { this.apply(entry.fault, process); });
      }
    });
  }

  private apply(fault: PlannedFault, it: NodeId | null): void {
    const { action } = fault;
    const aim: Aim = { control: this.control, pick: picksFrom(fault.pick), isRandom: fault.isRandom, it };
    switch (action.kind) {
      case 'crash': return this.crash(fault, action, resolveTarget(action.target, aim));
      case 'restart': return this.restart(fault, resolveTarget(action.target, aim));
      case 'pause': return this.pause(fault, action, resolveTarget(action.target, aim));
      case 'resume': return this.resume(fault, resolveTarget(action.target, aim));
      case 'partition': return this.partition(fault, action, aim);
      case 'cut': return this.cut(fault, action, aim);
      case 'hold': return this.hold(fault, action, aim);
      case 'link': return this.link(fault, action, aim);
      case 'clock-jump': return this.jumpClock(fault, action, resolveTarget(action.target, aim));
      case 'clock-drift': return this.setDrift(fault, action, resolveTarget(action.target, aim));
      case 'disk-slow': return this.slowDisk(fault, action, resolveTarget(action.target, aim));
      case 'wipe-disk': return this.wipeDisk(fault, action, resolveTarget(action.target, aim));
      case 'bit-flip': return this.flipBit(fault, action, aim);
      case 'torn-write': return this.crash(fault, action, resolveTarget(action.target, aim));
      case 'sync-error': return this.failSyncs(fault, action, resolveTarget(action.target, aim));
      case 'disk-full': return this.fillDisk(fault, action, resolveTarget(action.target, aim));
      case 'lying-sync': return this.lie(fault, action, resolveTarget(action.target, aim));
      case 'order': return this.order(fault, action, aim);
      case 'set': return this.set(fault, action);
      case 'heal': return this.heal(fault);
      default: return unreachable(action);
    }
  }

  // ── Processes ────────────────────────────────────────────────────────

  private crash(fault: PlannedFault, action: Act<'crash' | 'torn-write'>, targets: readonly NodeId[]): void {
    if (targets.length === 0) return;
    const record = this.begin(fault, namesOf(targets, this.control));
    for (const process of targets) {
      const isUp = this.control.isUp(process);
      if (action.kind === 'crash') this.control.crash(process, action.flavour, record.effect);
      else this.control.crashTorn(process, record.effect);
      // Who was down already was not crashed by this fault, and is not restarted by it either.
      if (!isUp) continue;
      // A crash ends a pause. Were its end still to come, it would end a pause of the next incarnation.
      this.forget('pause', process);
      this.stand(record, 'crash', process, () => { this.control.restart(process, record.effect); });
    }
    this.endAfter(record, action.forUs);
  }

  private restart(fault: PlannedFault, targets: readonly NodeId[]): void {
    const down = targets.filter((process) => !this.control.isUp(process));
    if (down.length === 0) return;
    const record = this.begin(fault, namesOf(down, this.control));
    for (const process of down) {
      this.forget('crash', process);
      this.control.restart(process, record.effect);
    }
  }

  private pause(fault: PlannedFault, action: Act<'pause'>, targets: readonly NodeId[]): void {
    if (targets.length === 0) return;
    const record = this.begin(fault, namesOf(targets, this.control));
    for (const process of targets) {
      if (!this.control.isUp(process)) continue;
      this.control.pause(process, record.effect);
      if (action.clock === 'stopped') this.control.stopClock(process, record.effect);
      this.stand(record, 'pause', process, () => {
        if (action.clock === 'stopped') this.control.startClock(process, record.effect);
        this.control.resume(process, record.effect);
      });
    }
    this.endAfter(record, action.forUs);
  }

  private resume(fault: PlannedFault, targets: readonly NodeId[]): void {
    const paused = targets.filter((process) => this.control.isPaused(process));
    if (paused.length === 0) return;
    this.begin(fault, namesOf(paused, this.control));
    this.end(({ kind, process }) => kind === 'pause' && paused.includes(process));
  }

  private jumpClock(fault: PlannedFault, action: Act<'clock-jump'>, targets: readonly NodeId[]): void {
    if (targets.length === 0) return;
    const record = this.begin(fault, namesOf(targets, this.control));
    for (const process of targets) this.control.jumpClock(process, action.byUs.min, record.effect);
  }

  private setDrift(fault: PlannedFault, action: Act<'clock-drift'>, targets: readonly NodeId[]): void {
    this.overrideEach(fault, action.forUs, targets, 'drift',
      (process, { effect }) => { this.control.setDrift(process, action.perMillion.min, effect); },
      (process, { effect }) => { this.control.setDrift(process, null, effect); });
  }

  // ── Disks ────────────────────────────────────────────────────────────

  private slowDisk(fault: PlannedFault, action: Act<'disk-slow'>, targets: readonly NodeId[]): void {
    this.overrideEach(fault, action.forUs, targets, 'sync',
      (process, { effect }) => { this.control.setSyncLatency(process, action.syncUs, effect); },
      (process, { effect }) => { this.control.setSyncLatency(process, null, effect); });
  }

  private lie(fault: PlannedFault, action: Act<'lying-sync'>, targets: readonly NodeId[]): void {
    this.overrideEach(fault, action.forUs, targets, 'lie',
      (process, { effect }) => { this.control.setLying(process, true, effect); },
      (process, { effect }) => { this.control.setLying(process, false, effect); });
  }

  private wipeDisk(fault: PlannedFault, action: Act<'wipe-disk'>, targets: readonly NodeId[]): void {
    if (targets.length === 0) return;
    const record = this.begin(fault, namesOf(targets, this.control));
    for (const process of targets) {
      if (this.control.isUp(process)) {
        this.control.crash(process, 'machine', record.effect);
        this.forget('pause', process);
        this.stand(record, 'crash', process, () => { this.control.restart(process, record.effect); });
      }
      this.control.wipeDisk(process, record.effect);
    }
    this.endAfter(record, action.forUs);
  }

  private flipBit(fault: PlannedFault, { target, file, index }: Act<'bit-flip'>, aim: Aim): void {
    const targets = resolveTarget(target, aim);
    if (targets.length === 0) return;
    const record = this.begin(fault, namesOf(targets, this.control));
    for (const process of targets) this.control.corruptEntry(process, { file, index, pick: aim.pick }, record.effect);
    this.endAfter(record, null);
  }

  private failSyncs(fault: PlannedFault, action: Act<'sync-error'>, targets: readonly NodeId[]): void {
    if (targets.length === 0) return;
    const record = this.begin(fault, namesOf(targets, this.control));
    for (const process of targets) {
      this.control.failSyncs(process, action.count, record.effect);
      this.stand(record, 'disk', process, () => { this.restartFailed(process, record); });
    }
    this.endAfter(record, action.forUs);
  }

  private fillDisk(fault: PlannedFault, action: Act<'disk-full'>, targets: readonly NodeId[]): void {
    if (targets.length === 0) return;
    const record = this.begin(fault, namesOf(targets, this.control));
    for (const process of targets) {
      this.override(record, 'disk', process, `full/${process}`,
        () => { this.control.setFull(process, true, record.effect); },
        () => { this.control.setFull(process, false, record.effect); });
      this.stand(record, 'disk', process, () => { this.restartFailed(process, record); });
    }
    this.endAfter(record, action.forUs);
  }

  /** It may have lived with the error, and whoever is down now may have been crashed by another fault. */
  private restartFailed(process: NodeId, { effect }: AppliedFault): void {
    const isCrashed = [...this.standing].some((other) => other.kind === 'crash' && other.process === process);
    if (isCrashed || effect.processesStopped === 0 || this.control.isUp(process)) return;
    this.control.restart(process, effect);
  }

  // ── The operator ─────────────────────────────────────────────────────

  private order(fault: PlannedFault, action: Act<'order'>, aim: Aim): void {
    const isNode = (process: NodeId): boolean => this.control.nodes.includes(process);
    const targets = resolveTarget(action.target, aim).filter(isNode);
    const nodes = action.nodes === null ? [] : resolveTarget(action.nodes, aim, targets).filter(isNode);
    if (targets.length === 0 || (action.nodes !== null && nodes.length === 0)) return;
    const about = action.nodes === null ? {} : { nodes: namesOf(nodes, this.control) };
    const record = this.begin(fault, namesOf(targets, this.control), about);
    for (const target of targets) this.control.order(target, { kind: action.order, nodes }, record.effect);
    this.endAfter(record, null);
  }

  /** Settings of several lines stand side by side; of one option, the last one rules. */
  private set(fault: PlannedFault, action: Act<'set'>): void {
    const record = this.begin(fault, namesOf(this.control.nodes, this.control));
    const apply = (): void => {
      this.control.setOptions(Object.assign({}, ...this.optionsSet) as Options, record.effect);
    };
    this.optionsSet.push(action.options);
    apply();
    this.stand(record, 'set', this.control.nodes[0] as NodeId, () => {
      this.optionsSet.splice(this.optionsSet.indexOf(action.options), 1);
      apply();
    });
    this.endAfter(record, action.forUs);
  }

  // ── Links ────────────────────────────────────────────────────────────

  private partition(fault: PlannedFault, action: Act<'partition'>, aim: Aim): void {
    const topology = this.topologyOf(action.shape, aim);
    if (topology === null) return;
    const groups = topology.groups.filter((group) => group.length > 0);
    const record = this.begin(fault, groups.map((group) => namesOf(group, this.control)).join(' | '));
    for (const [from, to] of topology.grudge) {
      this.control.cut(from, to, action.inFlight, record.effect);
      this.stand(record, 'cut', from, () => { this.control.mend(from, to, record.effect); });
    }
    this.endAfter(record, action.forUs);
  }

  /** `null` when the shape wants a leader, or a node, that is not there. */
  private topologyOf(shape: PartitionShape, aim: Aim): Topology | null {
    const { nodes } = this.control;
    switch (shape.kind) {
      case 'halves': return halves(nodes, aim.pick);
      case 'minority': return minority(nodes, aim.pick);
      case 'minority-with-leader': {
        const [leader] = resolveTarget('leader', aim);
        return leader === undefined ? null : minorityWith(leader, nodes, aim.pick);
      }
      case 'ring': return ring(nodes, aim.pick);
      case 'bridge': return bridge(nodes, aim.pick);
      case 'majorities-ring': return majoritiesRing(nodes, aim.pick);
      case 'isolate': {
        const alone = resolveTarget(shape.target, aim);
        return alone.length === 0 ? null : isolate(alone, nodes);
      }
      case 'groups': return separate(shape.groups.map((names) => resolveTarget(names, aim)));
      default: return unreachable(shape);
    }
  }

  private cut(fault: PlannedFault, action: Act<'cut'>, aim: Aim): void {
    this.strikeLinks(fault, action, aim, (record, from, to) => {
      this.control.cut(from, to, action.inFlight, record.effect);
      this.stand(record, 'cut', from, () => { this.control.mend(from, to, record.effect); });
    });
  }

  private hold(fault: PlannedFault, action: Act<'hold'>, aim: Aim): void {
    this.strikeLinks(fault, action, aim, (record, from, to) => {
      this.control.hold(from, to, action.message, record.effect);
      this.stand(record, 'hold', from, () => { this.control.release(from, to, record.effect); });
    });
  }

  private link(fault: PlannedFault, action: Act<'link'>, aim: Aim): void {
    this.strikeLinks(fault, action, aim, (record, from, to) => {
      this.override(record, 'link', from, `link/${from}>${to}`,
        () => { this.control.setLink(from, to, action.profile, record.effect); },
        () => { this.control.setLink(from, to, null, record.effect); });
    });
  }

  /** From each of `from` to each of `to`, but for a process to itself. */
  private strikeLinks(
    fault: PlannedFault, action: Act<'cut' | 'hold' | 'link'>, aim: Aim,
    strike: (record: AppliedFault, from: NodeId, to: NodeId) => void,
  ): void {
    const senders = resolveTarget(action.from, aim);
    const receivers = resolveTarget(action.to, aim, senders);
    const links = senders.flatMap((from) => receivers.filter((to) => to !== from).map((to) => [from, to] as const));
    if (links.length === 0) return;
    const record = this.begin(fault, `${namesOf(senders, this.control)} > ${namesOf(receivers, this.control)}`);
    for (const [from, to] of links) strike(record, from, to);
    this.endAfter(record, action.forUs);
  }

  private heal(fault: PlannedFault): void {
    const isLost = ({ kind }: Change): boolean => kind === 'cut' || kind === 'hold';
    if (![...this.standing].some(isLost)) return;
    this.begin(fault, 'all');
    this.end(isLost);
  }

  // ── Beginning and ending ─────────────────────────────────────────────

  private begin(fault: PlannedFault, target: string, details: Readonly<Record<string, Plain>> = {}): AppliedFault {
    const { index, line, action } = fault;
    const record: AppliedFault = {
      index, line, kind: action.kind, atUs: this.control.nowUs(), untilUs: null, target,
      ...strengthOf(action), effect: noEffect(),
    };
    this.applied.push(record);
    this.onFault(action.kind, { target, ...detailsOf(action), ...details });
    return record;
  }

  private stand(record: AppliedFault, kind: Change['kind'], process: NodeId, undo: () => void): void {
    this.standing.add({ record, kind, process, undo });
  }

  /** Puts a setting over those that stand; undone, it uncovers the last of the others, or what `restore` sets. */
  private override(
    record: AppliedFault, kind: Change['kind'], process: NodeId, what: string, set: () => void, restore: () => void,
  ): void {
    const stack = this.settings.get(what) ?? [];
    this.settings.set(what, stack);
    stack.push(set);
    set();
    this.stand(record, kind, process, () => {
      stack.splice(stack.indexOf(set), 1);
      (stack.at(-1) ?? restore)();
    });
  }

  /** {@link override} for each of the targets; `what` is what is set. */
  private overrideEach(
    fault: PlannedFault, forUs: DurationUs | null, targets: readonly NodeId[], what: 'drift' | 'sync' | 'lie',
    set: (process: NodeId, record: AppliedFault) => void, restore: (process: NodeId, record: AppliedFault) => void,
  ): void {
    if (targets.length === 0) return;
    const record = this.begin(fault, namesOf(targets, this.control));
    for (const process of targets) {
      this.override(record, what === 'drift' ? 'drift' : 'disk', process, `${what}/${process}`,
        () => { set(process, record); }, () => { restore(process, record); });
    }
    this.endAfter(record, forUs);
  }

  private endAfter(record: AppliedFault, forUs: DurationUs | null): void {
    // It found its targets down: there is nothing to undo, and nothing of it is left.
    if (![...this.standing].some((change) => change.record === record)) record.untilUs = record.atUs;
    if (forUs === null) return;
    this.control.at(record.atUs + forUs, () => {
      const last = [...this.standing].find((change) => change.record === record);
      if (last === undefined) return;
      this.end((change) => change.record === record);
      this.onFault(endOf[last.kind], { target: record.target });
    });
  }

  /** Undoes what stands of some changes. */
  private end(isMeant: (change: Change) => boolean): void {
    for (const change of [...this.standing].filter(isMeant)) {
      this.remove(change);
      change.undo();
    }
  }

  /** What a change did to this process is over without an undo. */
  private forget(kind: Change['kind'], process: NodeId): void {
    for (const change of this.standing) if (change.kind === kind && change.process === process) this.remove(change);
  }

  private remove(change: Change): void {
    this.standing.delete(change);
    const { record } = change;
    if (![...this.standing].some((other) => other.record === record)) record.untilUs = this.control.nowUs();
  }
}

/** What the history tells of a fault besides its target. */
function detailsOf(action: PlainFault): Readonly<Record<string, Plain>> {
  return {
    ...(action.kind === 'crash' ? { flavour: action.flavour } : {}),
    ...(action.kind === 'pause' && action.clock !== undefined ? { clock: action.clock } : {}),
    ...(action.kind === 'partition' ? { shape: action.shape.kind } : {}),
    ...(action.kind === 'hold' && action.message !== null ? { message: action.message } : {}),
    ...(action.kind === 'clock-jump' ? { byUs: action.byUs.min } : {}),
    ...(action.kind === 'clock-drift' ? { perMillion: action.perMillion.min } : {}),
    ...(action.kind === 'disk-slow' ? { syncUs: { ...action.syncUs } } : {}),
    ...(action.kind === 'bit-flip' && action.file !== null ? { file: action.file } : {}),
    ...(action.kind === 'bit-flip' && action.index !== null ? { index: action.index } : {}),
    ...(action.kind === 'sync-error' ? { count: action.count } : {}),
    ...(action.kind === 'order' ? { order: action.order } : {}),
    ...(action.kind === 'set' ? { options: action.options } : {}),
    ...('forUs' in action && action.forUs !== null ? { forUs: action.forUs } : {}),
  };
}
