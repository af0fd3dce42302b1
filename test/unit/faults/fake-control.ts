import type { NodeView } from '../../../src/contract/module.ts';
import type { Order } from '../../../src/contract/node.ts';
import type { Options } from '../../../src/contract/options.ts';
import type { EntryChoice, FaultEffect, WorldControl } from '../../../src/contract/world-control.ts';
import { nodeId, nodeName, type NodeId } from '../../../src/kernel/ids.ts';
import { Stream } from '../../../src/kernel/rng.ts';

/** A world without processes: notes every call as a line `time verb arguments`, and keeps who is up and paused. */
export class FakeControl implements WorldControl {
  readonly nodes: readonly NodeId[] = [0, 1, 2, 3, 4].map(nodeId);
  readonly clients: readonly NodeId[] = [5, 6].map(nodeId);
  readonly resources: readonly NodeId[] = [7].map(nodeId);
  readonly calls: string[] = [];
  /** What nodes show; the others are followers of epoch 0. */
  readonly views = new Map<number, NodeView>();
  private now = 0;
  private readonly down = new Set<NodeId>();
  private readonly pauses = new Map<NodeId, number>();
  private readonly agenda: { readonly atUs: number; readonly action: () => void }[] = [];
  private readonly listeners: ((process: NodeId, event: string) => void)[] = [];

  /** Runs everything that is due until `untilUs`, in order of time. */
  run(untilUs: number): void {
    for (;;) {
      this.agenda.sort((a, b) => a.atUs - b.atUs);
      const next = this.agenda[0];
      if (next === undefined || next.atUs > untilUs) break;
      this.agenda.shift();
      this.now = next.atUs;
      next.action();
    }
    this.now = untilUs;
  }

  note(process: number, event: string): void {
    for (const listener of this.listeners) listener(nodeId(process), event);
  }

  nameOf(process: NodeId): string { return nodeName(process, this.nodes.length, this.clients.length); }
  nowUs(): number { return this.now; }
  at(atUs: number, action: () => void): void { this.agenda.push({ atUs, action }); }
  onNote(events: readonly string[], listener: (process: NodeId, event: string) => void): void {
    this.listeners.push((process, event) => { if (events.includes(event)) listener(process, event); });
  }
  isUp(process: NodeId): boolean { return !this.down.has(process); }
  isPaused(process: NodeId): boolean { return (this.pauses.get(process) ?? 0) > 0; }
  view(node: NodeId): NodeView | null {
    if (!this.isUp(node)) return null;
    return this.views.get(node) ?? { role: 'follower', epoch: 0, leader: null };
  }
  stream(label: string): Stream { return new Stream('fake', label); }

  crash(process: NodeId, kind: string, effect: FaultEffect): void {
    if (!this.isUp(process)) return this.say('crash', process, kind, 'while down');
    this.down.add(process);
    this.pauses.delete(process);
    effect.processesStopped += 1;
    this.say('crash', process, kind);
  }
  restart(process: NodeId, effect: FaultEffect): void {
    if (this.isUp(process)) throw new Error('restarted though up');
    this.down.delete(process);
    effect.processesStarted += 1;
    this.say('restart', process);
  }
  pause(process: NodeId): void {
    this.pauses.set(process, (this.pauses.get(process) ?? 0) + 1);
    this.say('pause', process);
  }
  resume(process: NodeId): void {
    const count = this.pauses.get(process) ?? 0;
    if (count === 0) throw new Error('resumed though not paused');
    this.pauses.set(process, count - 1);
    this.say('resume', process);
  }
  stopClock(process: NodeId): void { this.say('stop-clock', process); }
  startClock(process: NodeId): void { this.say('start-clock', process); }
  cut(from: NodeId, to: NodeId, inFlight: string): void { this.say('cut', from, to, inFlight); }
  mend(from: NodeId, to: NodeId): void { this.say('mend', from, to); }
  hold(from: NodeId, to: NodeId, kind: string | null): void { this.say('hold', from, to, String(kind)); }
  release(from: NodeId, to: NodeId): void { this.say('release', from, to); }
  setLink(from: NodeId, to: NodeId, profile: { readonly lossPerMillion: number } | null): void {
    this.say('link', from, to, profile === null ? 'restored' : String(profile.lossPerMillion));
  }
  jumpClock(process: NodeId, byUs: number): void { this.say('jump', process, String(byUs)); }
  setDrift(process: NodeId, perMillion: number | null): void { this.say('drift', process, String(perMillion)); }

  setSyncLatency(process: NodeId, syncUs: { readonly max: number } | null): void {
    this.say('sync', process, syncUs === null ? 'restored' : String(syncUs.max));
  }
  wipeDisk(process: NodeId): void {
    if (this.isUp(process)) throw new Error('wiped though up');
    this.say('wipe', process);
  }
  corruptEntry(process: NodeId, { file, index }: EntryChoice): void {
    this.say('corrupt', process, String(file), String(index));
  }
  crashTorn(process: NodeId, effect: FaultEffect): void { this.crash(process, 'torn', effect); }
  failSyncs(process: NodeId, count: number): void { this.say('fail', process, String(count)); }
  setFull(process: NodeId, isFull: boolean): void { this.say('full', process, String(isFull)); }
  setLying(process: NodeId, isLying: boolean): void { this.say('lie', process, String(isLying)); }
  order(node: NodeId, { kind, nodes }: Order, effect: FaultEffect): void {
    effect.ordersGiven += 1;
    this.say('order', node, kind, ...nodes);
  }
  setOptions(changes: Options): void { this.say('options', JSON.stringify(changes)); }

  private say(verb: string, ...what: readonly (NodeId | string)[]): void {
    const words = what.map((word) => (typeof word === 'number' ? this.nameOf(word) : word));
    this.calls.push([this.now, verb, ...words].join(' '));
  }
}
