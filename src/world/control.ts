import type { RandomStream } from '../contract/context.ts';
import type { ProtocolModule, NodeView } from '../contract/module.ts';
import type { Order } from '../contract/node.ts';
import type { Options } from '../contract/options.ts';
import type {
  CrashKind, EntryChoice, FaultEffect, InFlight, LatencyRange, LinkProfile, WorldControl,
} from '../contract/world-control.ts';
import { EVENT } from '../kernel/trace.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { World } from './world.ts';

/** Faults happen to the world as a whole; their events carry the first process. */
const ANYWHERE = 0;

/** The handle by which faults change a {@link World}. */
export class Control implements WorldControl {
  readonly nodes: readonly NodeId[];
  readonly clients: readonly NodeId[];
  readonly resources: readonly NodeId[];
  private readonly world: World;
  private readonly show: ProtocolModule['view'];

  constructor(world: World, show: ProtocolModule['view']) {
    this.world = world;
    this.show = show;
    this.nodes = world.nodes;
    this.clients = world.clients;
    this.resources = world.resources;
  }

  nameOf(process: NodeId): string {
    return this.world.nameOf(process);
  }

  nowUs(): TimeUs {
    return this.world.nowUs;
  }

  at(atUs: TimeUs, action: () => void): void {
    this.world.queue.push(Math.max(atUs, this.world.nowUs), EVENT.action, ANYWHERE, 0, 0, action);
  }

  onNote(events: readonly string[], listener: (process: NodeId, event: string) => void): void {
    this.world.onNote(events, listener);
  }

  isUp(process: NodeId): boolean {
    return this.world.process(process).node !== null;
  }

  isPaused(process: NodeId): boolean {
    return this.world.process(process).isPaused;
  }

  view(node: NodeId): NodeView | null {
    const running = this.world.process(node).node;
    return running === null ? null : this.show(running.state);
  }

  stream(label: string): RandomStream {
    return this.world.streams.get(label);
  }

  crash(id: NodeId, kind: CrashKind, effect: FaultEffect): void {
    const process = this.world.process(id);
    if (kind === 'process') this.world.stopProcess(process, effect);
    else this.world.crashMachine(process, effect, null, kind === 'machine');
    this.world.say(`  crash ${process.name} (${kind})`);
  }

  restart(id: NodeId, effect: FaultEffect): void {
    const process = this.world.process(id);
    if (process.node !== null) return;
    effect.processesStarted += 1;
    this.world.say(`  restart ${process.name}`);
    this.world.restartProcess(process);
  }

  pause(id: NodeId, effect: FaultEffect): void {
    const process = this.world.process(id);
    if (process.node === null) return;
    process.pauses.push(effect);
    process.wasPaused = true;
    this.world.say(`  pause ${process.name}`);
  }

  resume(id: NodeId, effect: FaultEffect): void {
    const process = this.world.process(id);
    const at = process.pauses.indexOf(effect);
    if (at === -1) return; // A crash has ended the pause.
    process.pauses.splice(at, 1);
    this.world.say(`  resume ${process.name}`);
    if (!process.isPaused) this.world.resumeProcess(process);
  }

  stopClock(id: NodeId, effect: FaultEffect): void {
    const process = this.world.process(id);
    if (!process.isPaused) return;
    process.clockStops.push(effect);
    if (process.clockStops.length > 1) return;
    process.clock.stop(this.world.nowUs);
    this.world.say(`  clock of ${process.name} stops`);
  }

  startClock(id: NodeId, effect: FaultEffect): void {
    const process = this.world.process(id);
    const at = process.clockStops.indexOf(effect);
    if (at === -1) return; // A crash has ended the stop.
    process.clockStops.splice(at, 1);
    if (process.clockStops.length > 0) return;
    effect.timersMoved += this.world.startClock(process);
    process.clock.movedBy.push(effect);
    this.world.say(`  clock of ${process.name} goes on`);
  }

  cut(from: NodeId, to: NodeId, inFlight: InFlight, effect: FaultEffect): void {
    this.world.network.cut(from, to, inFlight, effect);
  }

  mend(from: NodeId, to: NodeId, effect: FaultEffect): void {
    this.world.network.mend(from, to, effect);
  }

  hold(from: NodeId, to: NodeId, kind: string | null, effect: FaultEffect): void {
    this.world.network.hold(from, to, kind, effect);
  }

  release(from: NodeId, to: NodeId, effect: FaultEffect): void {
    this.world.network.release(from, to, effect);
  }

  setLink(from: NodeId, to: NodeId, profile: LinkProfile | null, effect: FaultEffect): void {
    this.world.network.setLink(from, to, profile, effect);
  }

  jumpClock(id: NodeId, byUs: DurationUs, effect: FaultEffect): void {
    const process = this.world.process(id);
    process.clock.jump(this.world.nowUs, byUs);
    if (byUs !== 0) process.clock.movedBy.push(effect);
    this.world.say(`  clock of ${process.name} jumps by ${byUs} us`);
  }

  setDrift(id: NodeId, perMillion: number | null, effect: FaultEffect): void {
    const process = this.world.process(id);
    const rate = perMillion ?? process.clock.ownDriftPerMillion;
    process.clock.bentBy = perMillion === null || rate === process.clock.ownDriftPerMillion ? null : effect;
    if (process.clock.driftPerMillion === rate) return;
    const moved = this.world.changeDrift(process, rate);
    // Those that move back when the fault is over were counted when it began, or when they were set.
    if (perMillion !== null) effect.timersMoved += moved;
    this.world.say(`  clock of ${process.name} drifts by ${rate} ppm`);
  }

  setSyncLatency(id: NodeId, syncUs: LatencyRange | null, effect: FaultEffect): void {
    const process = this.world.process(id);
    process.slowDisk = syncUs === null ? null : { syncUs, effect };
    this.world.say(`  disk of ${process.name} ${syncUs === null ? 'is itself again' : `takes ${syncUs.max} us`}`);
  }

  wipeDisk(id: NodeId, effect: FaultEffect): void {
    const process = this.world.process(id);
    if (process.node !== null) return;
    process.diskGeneration += 1;
    effect.recordsWiped += process.disk.wipe();
    this.world.say(`  disk of ${process.name} is wiped`);
  }

  corruptEntry(id: NodeId, choice: EntryChoice, effect: FaultEffect): void {
    const process = this.world.process(id);
    const entry = process.disk.corrupt(choice);
    if (entry === null) return;
    effect.recordsCorrupted += 1;
    this.world.say(`  entry ${entry.index} of ${entry.file} of ${process.name} is corrupt`);
  }

  crashTorn(id: NodeId, effect: FaultEffect): void {
    const process = this.world.process(id);
    const torn = { count: 0 };
    this.world.crashMachine(process, effect, torn);
    effect.recordsCorrupted += torn.count;
    this.world.say(`  crash ${process.name} (machine), ${torn.count} torn`);
  }

  failSyncs(id: NodeId, count: number, effect: FaultEffect): void {
    const process = this.world.process(id);
    for (let left = count; left > 0; left -= 1) process.failingSyncs.push(effect);
    this.world.say(`  ${count} syncs of ${process.name} are going to fail`);
  }

  setFull(id: NodeId, isFull: boolean, effect: FaultEffect): void {
    const process = this.world.process(id);
    process.full = isFull ? effect : null;
    this.world.say(`  disk of ${process.name} ${isFull ? 'is full' : 'has room'}`);
  }

  setLying(id: NodeId, isLying: boolean, effect: FaultEffect): void {
    const process = this.world.process(id);
    process.lie = isLying ? effect : null;
    if (!isLying) process.disk.flush();
    this.world.say(`  disk of ${process.name} ${isLying ? 'lies' : 'is honest'}`);
  }

  order(id: NodeId, order: Order, effect: FaultEffect): void {
    this.world.demand(this.world.process(id), { kind: 'order', order, effect });
  }

  setOptions(changes: Options, effect: FaultEffect): void {
    this.world.changeOptions(changes, effect);
    this.world.say(`  options ${JSON.stringify(changes)}`);
  }
}
