import { LockApplication, type LockApplicationInit } from '../../src/clients/lock-application.ts';
import type { LockRecorder } from '../../src/clients/recorder.ts';
import type { Context } from '../../src/contract/context.ts';
import type { LockClient, LockClientInit, LockGrant, ReleaseEnd } from '../../src/contract/lock.ts';
import type { Node } from '../../src/contract/node.ts';
import { nodeId } from '../../src/kernel/ids.ts';
import { FencedStore } from '../../src/services/fenced-store.ts';
import type { World } from '../../src/world/world.ts';
import { smallWorld } from './world.ts';

/** How the lock of a test behaves: it asks nobody, and answers at once or after a time. */
export interface FakeLock {
  readonly token?: number | null;
  readonly validUs?: number;
  readonly clock?: 'monotonic' | 'wall';
  readonly end?: 'refused' | 'unsure';
  readonly releaseEnd?: ReleaseEnd;
  /** So long after the grant the lock is told to be lost, or to be extended by `validUs`. */
  readonly lostAfterUs?: number;
  readonly extendAfterUs?: number;
}

/** Grants whatever it is asked for. */
class InstantLock implements LockClient {
  readonly state = { grants: 0 };
  private readonly init: LockClientInit;
  private readonly behaviour: FakeLock;
  private grant: LockGrant | null = null;

  constructor(init: LockClientInit, behaviour: FakeLock) {
    this.init = init;
    this.behaviour = behaviour;
  }

  onMessage(): void {}

  onTimer(ctx: Context, name: string): void {
    const { grant } = this;
    if (grant === null) return;
    if (name === 'lock/lost') this.init.listener.onLost(ctx, grant.owner);
    else this.init.listener.onExtended(ctx, this.grantUntil(ctx, grant.owner, grant.lock));
  }

  acquire(ctx: Context, lock: string): void {
    const { listener } = this.init;
    const { end, lostAfterUs, extendAfterUs } = this.behaviour;
    this.state.grants += 1;
    const owner = `${ctx.self}/${this.state.grants}`;
    listener.onAttempt(ctx, lock, owner);
    if (end !== undefined) return listener.onAcquired(ctx, { kind: end, error: 'because' });
    if (lostAfterUs !== undefined) ctx.setTimer('lock/lost', lostAfterUs);
    if (extendAfterUs !== undefined) ctx.setTimer('lock/extend', extendAfterUs);
    listener.onAcquired(ctx, { kind: 'granted', grant: this.grantUntil(ctx, owner, lock) });
  }

  release(ctx: Context): void {
    this.grant = null;
    ctx.cancelTimer('lock/lost');
    ctx.cancelTimer('lock/extend');
    this.init.listener.onReleased(ctx, this.behaviour.releaseEnd ?? 'released');
  }

  private grantUntil(ctx: Context, owner: string, lock: string): LockGrant {
    const { token = null, validUs = 10_000_000, clock = 'monotonic' } = this.behaviour;
    const untilUs = (clock === 'wall' ? ctx.wallUs() : ctx.monotonicUs()) + validUs;
    this.grant = { lock, owner, token, validity: { clock, untilUs } };
    return this.grant;
  }
}

/** One node that does nothing, one client, and the resource: what is written down, each line with its instant. */
export interface Stage {
  readonly world: World;
  readonly lines: readonly string[];
}

/** The client begins to think at 0 for 1 ms, works for 10 ms, and writes once, if `changes` say no more. */
export function stageApplication(
  lock: FakeLock, changes: Partial<LockApplicationInit> = {}, checksTokens = false,
  create = (init: LockApplicationInit): Node => new LockApplication(init),
): Stage {
  const lines: string[] = [];
  const write = (...words: readonly unknown[]): void => {
    const texts = words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word)));
    lines.push([world.nowUs, ...texts].join(' '));
  };
  const recorder: LockRecorder = {
    invoke: (process, f, key, value) => write(process, 'invoke', f, key, value),
    complete: (process, type, f, key, value, error) => write(process, type, f, key, value, error ?? ''),
    attempted: () => undefined,
    believes: (owner, { clock }) => write('believes', owner, clock),
    stops: (owner) => write('stops', owner),
    invokeStore: (process, key, _owner, token, value) => write(process, 'store', key, token, value),
  };
  let incarnations = 0;
  const world: World = smallWorld((process, disk) => {
    if (process === 0) return { state: {} };
    if (process === 2) return new FencedStore(disk, checksTokens, () => undefined);
    incarnations += 1;
    return create({
      self: process, nodes: [nodeId(0)], options: {}, client: 0, clients: 1, firstRequest: incarnations * 1_000,
      timeoutUs: 100_000, attemptTimeoutUs: 50_000, resource: nodeId(2), issuesTokens: false,
      use: { keys: 1, thinkUs: { min: 1_000, max: 1_000 }, holdUs: { min: 10_000, max: 10_000 }, writes: 1 },
      steps: null, process: incarnations - 1, processStride: 1, operations: 0, recorder,
      createLock: (init) => new InstantLock(init, lock),
      ...changes,
    });
  }, { nodes: 1, clients: 1, resources: 1 });
  world.start();
  return { world, lines };
}
