import { LeaseLockClient } from '../../../src/clients/lease-lock-client.ts';
import { leaseLockOptions } from '../../../src/clients/lease-lock-options.ts';
import type { Context } from '../../../src/contract/context.ts';
import type {
  AcquireEnd, LockClient, LockGrant, LockListener, ReleaseEnd, Validity,
} from '../../../src/contract/lock.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { Node } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import { raft } from '../../../src/protocols/raft/module.ts';
import type { RaftState } from '../../../src/protocols/raft/state.ts';
import { leaseLockService } from '../../../src/services/lease-lock.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';
import type { StateMachine } from '../../../src/contract/state-machine.ts';
import { Control } from '../../../src/world/control.ts';
import type { WorldSettings } from '../../../src/world/settings.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../world.ts';
import type { MakeLock } from './lease-bench.ts';

const MS = 1_000;

/** A time in which a client thought that it held the lock, by its own rule. */
interface Belief {
  readonly client: NodeId;
  readonly owner: string;
  readonly token: number;
  readonly fromUs: number;
  readonly validity: Validity;
  /** When it began to release, or was told of another end; Infinity while it believes. */
  stopUs: number;
}

/** What a user of the lock does. In ms. */
export interface Use {
  readonly think: number;
  readonly hold: number;
}

/** Thinks, acquires `k0`, holds it for a while whatever its clock says, releases it, over and over. */
class LockUser implements Node, LockListener {
  readonly state = {};
  readonly lock: LockClient;
  private readonly use: Use;
  private readonly stage: Pick<LeaseStage, 'lines' | 'beliefs'> & { nowUs(): number };

  constructor(use: Use, stage: LockUser['stage'], make: (listener: LockListener) => LockClient) {
    this.use = use;
    this.stage = stage;
    this.lock = make(this);
  }

  onStart(ctx: Context): void { ctx.setTimer('think', this.use.think * MS); }
  onMessage(ctx: Context, from: NodeId, message: Message): void { this.lock.onMessage(ctx, from, message); }
  onTimer(ctx: Context, name: string): void {
    if (name === 'think') return this.lock.acquire(ctx, 'k0');
    if (name !== 'work') return this.lock.onTimer(ctx, name);
    this.stop(ctx.self);
    this.lock.release(ctx);
  }

  onAttempt(): void {}
  onAcquired(ctx: Context, end: AcquireEnd): void {
    if (end.kind === 'granted') {
      this.say(ctx, `holds it by ${end.grant.token}`);
      this.believe(ctx.self, end.grant);
      return ctx.setTimer('work', this.use.hold * MS);
    }
    this.say(ctx, `${end.kind}: ${end.error}`);
    ctx.setTimer('think', this.use.think * MS);
  }

  onExtended(ctx: Context, grant: LockGrant): void {
    this.stop(ctx.self);
    this.believe(ctx.self, grant);
  }

  onLost(ctx: Context): void {
    this.say(ctx, 'has lost it');
    this.stop(ctx.self);
  }

  onReleased(ctx: Context, end: ReleaseEnd): void {
    this.say(ctx, end);
    ctx.setTimer('think', this.use.think * MS);
  }

  private believe(client: NodeId, { owner, token, validity }: LockGrant): void {
    const fromUs = this.stage.nowUs();
    this.stage.beliefs.push({ client, owner, token: token ?? 0, fromUs, validity, stopUs: Infinity });
  }

  private stop(client: NodeId): void {
    for (const belief of this.stage.beliefs) {
      if (belief.client === client) belief.stopUs = Math.min(belief.stopUs, this.stage.nowUs());
    }
  }

  private say({ self }: Context, what: string): void {
    this.stage.lines.push(`${Math.floor(this.stage.nowUs() / MS)} c${self - 2} ${what}`);
  }
}

/** Three Raft nodes and two clients who want one lock; what they say, each line with its instant in ms. */
export interface LeaseStage {
  readonly world: World;
  readonly control: Control;
  readonly lines: string[];
  readonly beliefs: Belief[];
  /** Runs until then. */
  readonly until: (ms: number) => readonly string[];
  readonly leader: () => NodeId;
  /** Strikes at that time, for so long. */
  readonly strike: (fault: 'pause' | 'suspend' | 'crash', who: NodeId | 'leader', atMs: number, forMs: number) => void;
  /** Where two clients believed at one time, in words. */
  readonly overlaps: () => readonly string[];
}

export interface LeaseStageSettings {
  readonly options?: Options;
  readonly uses?: readonly [Use, Use];
  readonly make?: MakeLock;
  readonly machine?: StateMachine;
  readonly world?: Partial<WorldSettings> & { readonly seed?: string };
}

export const [c1, c2] = [nodeId(3), nodeId(4)];
const nodes = [0, 1, 2].map(nodeId);

export function leaseStage(settings: LeaseStageSettings = {}): LeaseStage {
  const { uses = [{ think: 1_000, hold: 50 }, { think: 1_020, hold: 50 }], make } = settings;
  const machine = settings.machine ?? new SessionMachine(leaseLockService);
  const options = {
    ...defaultOptions(raft.options), ...defaultOptions(leaseLockOptions), ttl: 500 * MS, retryDelay: 10 * MS,
    retryJitter: 0, ...settings.options,
  };
  const lines: string[] = [];
  const beliefs: Belief[] = [];
  let incarnations = 0;
  const user = (self: NodeId): Node => {
    incarnations += 1;
    const firstRequest = incarnations * 1_000_000;
    const client = self - nodes.length;
    return new LockUser(uses[client] as Use, { lines, beliefs, nowUs: () => world.nowUs }, (listener) => {
      const init = {
        self, nodes, options, client, clients: 2, firstRequest, listener, timeoutUs: 1_000 * MS,
        attemptTimeoutUs: 200 * MS,
      };
      return (make ?? ((each, protocol) => new LeaseLockClient(each, protocol)))(init, raft.client);
    });
  };
  const world: World = smallWorld((self, disk, isNew) => (self < nodes.length
    ? raft.create({ self, nodes, options, machine, isNew, initial: null, disk }) : user(self)
  ), { nodes: 3, clients: 2, options, freezeMessages: false, ...settings.world });
  const control = new Control(world, (state) => raft.view(state as RaftState));
  const leader = (): NodeId => {
    const led = nodes.map((node) => ({ node, view: control.view(node) })).filter(({ view }) => view?.role === 'leader');
    led.sort((a, b) => (b.view?.epoch ?? 0) - (a.view?.epoch ?? 0));
    return led[0]?.node ?? nodeId(0);
  };
  const strike: LeaseStage['strike'] = (fault, who, atMs, forMs) => {
    const effect = noEffect();
    control.at(atMs * MS, () => {
      const process = who === 'leader' ? leader() : who;
      if (fault === 'crash') control.crash(process, 'machine', effect);
      else control.pause(process, effect);
      if (fault === 'suspend') control.stopClock(process, effect);
      control.at((atMs + forMs) * MS, () => {
        control.startClock(process, effect);
        if (fault === 'crash') control.restart(process, effect);
        else control.resume(process, effect);
      });
    });
  };
  world.start();
  return {
    world, control, lines, beliefs, leader, strike,
    until: (ms) => {
      const reason = world.runUntil(ms * MS);
      if (reason.kind !== 'end') throw new Error(JSON.stringify(reason));
      return lines;
    },
    overlaps: () => overlapsOf(world, beliefs),
  };
}

function overlapsOf(world: World, beliefs: readonly Belief[]): string[] {
  const held = beliefs.flatMap(({ client, token, validity, fromUs, stopUs }) => {
    const { clock } = world.process(client);
    return clock.whenBelow(validity.clock, validity.untilUs, fromUs, Math.min(stopUs, world.nowUs))
      .map((interval) => ({ ...interval, client, token }));
  });
  return held.flatMap((one) => held
    .filter((other) => other.client > one.client && other.fromUs < one.untilUs && one.fromUs < other.untilUs)
    .map((other) => `tokens ${one.token} and ${other.token} at ${Math.max(one.fromUs, other.fromUs)}`));
}
