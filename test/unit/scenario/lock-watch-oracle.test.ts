import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Validity } from '../../../src/contract/lock.ts';
import { LockStage } from '../../support/locks/lock-stage.ts';

/** Three servers, of which two are a quorum, and two clients: processes 0, 1, 2 and 3, 4. */
const SERVERS = [0, 1, 2];
const PROCESSES = [0, 1, 2, 3, 4];
const QUORUM = 2;

const server = fc.constantFrom(...SERVERS);
const client = fc.constantFrom<1 | 2>(1, 2);
const reading = fc.integer({ min: 0, max: 60 });

const process = fc.constantFrom(...PROCESSES);
const clock = fc.constantFrom<Validity['clock']>('monotonic', 'wall');
const until = fc.option(reading, { nil: null, freq: 8 });

/** What may happen at an instant. What is put is the client's last attempt, or an old one: that before. */
const action = fc.oneof(
  fc.record({ kind: fc.constant('jump'), process, by: fc.integer({ min: -15, max: 15 }) }),
  fc.record({ kind: fc.constant('drift'), process, by: fc.integer({ min: -700_000, max: 700_000 }) }),
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('put'), servers: fc.subarray(SERVERS), client, isOld: fc.boolean(), until,
    }),
  },
  fc.record({ kind: fc.constant('take'), server }),
  fc.record({ kind: fc.constant('crash'), server }),
  fc.record({ kind: fc.constant('grants'), server, does: fc.boolean() }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('attempt'), client }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('believes'), client, clock, until: reading }) },
  fc.record({ kind: fc.constant('stops'), client }),
  fc.record({ kind: fc.constant('dies'), client }),
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** The first client holds the lock. */
const HELD: readonly (readonly [number, Action])[] = [
  [0, { kind: 'attempt', client: 1 }],
  [1, { kind: 'put', servers: SERVERS, client: 1, isOld: false, until: 40 }],
  [1, { kind: 'believes', client: 1, clock: 'monotonic', until: 35 }],
];

/** The same world, told microsecond by microsecond, with no interval in it. */
class Oracle {
  /** What each server last showed while it granted. */
  readonly kept: ({ readonly owner: string; readonly untilWallUs: number | null } | null)[] = [null, null, null];
  /** By client, its attempts; of the last one, what it goes by. */
  readonly attempts = new Map<number, string[]>([[1, []], [2, []]]);
  readonly belief = new Map<number, { readonly owner: string; readonly validity: Validity } | null>();
  /** Clients that know of their last attempt: one that has crashed does not. */
  readonly knowing = new Set<number>();
  readonly owned = new Map<string, number[]>();
  readonly believed = new Map<string, number[]>();
  private readonly stage: LockStage;

  constructor(stage: LockStage) {
    this.stage = stage;
  }

  /** After each action. */
  keep(): void {
    this.stage.states.forEach((state, at) => {
      if (state?.grants === true) this.kept[at] = state.entries.get('k0') ?? null;
    });
  }

  /** After everything that happens at one instant. */
  look(atUs: number): void {
    const { stage } = this;
    const standing = this.kept.filter((entry, at) =>
      entry !== null && (entry.untilWallUs === null || stage.clock(at).readWallUs(atUs) < entry.untilWallUs));
    for (const owner of new Set(standing.map((entry) => entry?.owner ?? ''))) {
      if (standing.filter((entry) => entry?.owner === owner).length >= QUORUM) this.add(this.owned, owner, atUs);
    }
    for (const [number, belief] of this.belief) {
      if (belief === null) continue;
      const clock = stage.clock(SERVERS.length + number - 1);
      const { validity, owner } = belief;
      const shown = validity.clock === 'wall' ? clock.readWallUs(atUs) : clock.readMonotonicUs(atUs);
      if (shown < validity.untilUs) this.add(this.believed, owner, atUs);
    }
  }

  private add(to: Map<string, number[]>, owner: string, atUs: number): void {
    to.set(owner, [...to.get(owner) ?? [], atUs]);
  }
}

function carryOut(stage: LockStage, oracle: Oracle, action: Action): void {
  const attempts = 'client' in action ? oracle.attempts.get(action.client) as string[] : [];
  const last = attempts.at(-1);
  switch (action.kind) {
    case 'jump': return stage.clock(action.process).jump(stage.nowUs, action.by);
    case 'drift': return stage.clock(action.process).setDrift(stage.nowUs, action.by);
    case 'put': {
      const owner = action.isOld ? attempts.at(-2) : last;
      const up = action.servers.filter((at) => stage.states[at] !== null);
      if (owner !== undefined) stage.put(up, owner, action.until);
      return;
    }
    case 'take': {
      if (stage.states[action.server] !== null) stage.take([action.server]);
      return;
    }
    case 'crash': {
      if (stage.states[action.server] === null) stage.start(action.server, null, false);
      else stage.crash(action.server);
      return;
    }
    case 'grants': {
      if (stage.states[action.server] !== null) stage.event(action.server, action.does);
      return;
    }
    case 'attempt': {
      const owner = `c${action.client}.${attempts.length}`;
      attempts.push(owner);
      oracle.knowing.add(action.client);
      oracle.belief.set(action.client, null);
      stage.attempt(action.client, owner);
      return;
    }
    case 'believes': {
      if (last === undefined || !oracle.knowing.has(action.client)) return;
      oracle.belief.set(action.client, { owner: last, validity: { clock: action.clock, untilUs: action.until } });
      stage.believes(last, action.until, action.clock);
      return;
    }
    case 'stops': {
      oracle.belief.set(action.client, null);
      if (last !== undefined) stage.stops(last);
      return;
    }
    default: {
      oracle.belief.set(action.client, null);
      oracle.knowing.delete(action.client);
      stage.watch.crashed(stage.client(action.client));
    }
  }
}

/** `1.2 owns at 7`, of all lines: process, attempt and each instant. */
function told(stage: LockStage, endUs: number): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const line of stage.finish(endUs)) {
    const [, process = '', f = '', grant = '', from = '', until = ''] =
      /^(\d) (\w+) k0 (#\d+) (\d+)-(\d+)$/.exec(line) ?? [];
    const key = `c${Number(process) + 1} ${grant} ${f}`;
    const instants = Array.from({ length: Number(until) - Number(from) }, (_, index) => Number(from) + index);
    expect(instants.length).toBeGreaterThan(0);
    found.set(key, [...found.get(key) ?? [], ...instants]);
  }
  return found;
}

/** The instants of each owner, by the name that lines have for it. */
function wanted(stage: LockStage, { owned, believed }: Oracle): Map<string, number[]> {
  const named = ([owner, instants]: [string, number[]], f: string): [string, number[]] =>
    [`${owner.slice(0, 2)} #${stage.grantOf(owner)} ${f}`, instants];
  return new Map([
    ...[...owned].map((entry) => named(entry, 'owns')), ...[...believed].map((entry) => named(entry, 'believes')),
  ]);
}

/** The first instant at which somebody believed and did not own. */
function firstUnowned({ owned, believed }: Oracle): number | null {
  const instants = [...believed].flatMap(([owner, all]) =>
    all.filter((atUs) => !(owned.get(owner) ?? []).includes(atUs)));
  return instants.length === 0 ? null : Math.min(...instants);
}

describe('LockWatch and its invariant L2', () => {
  it('say what counting every microsecond says, whatever clocks, servers and clients do', () => {
    const later = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), action), { maxLength: 30 });
    const steps = fc.tuple(fc.constantFrom([], HELD), later).map(([first, rest]) => [...first, ...rest]);
    const seen = { owned: 0, believed: 0, silent: 0 };
    fc.assert(fc.property(steps, (all) => {
      const stage = new LockStage({ nodes: SERVERS.length, quorum: QUORUM });
      const oracle = new Oracle(stage);
      const advance = (toUs: number): void => {
        for (; stage.nowUs < toUs; stage.at(stage.nowUs + 1)) oracle.look(stage.nowUs);
      };
      for (const [afterUs, what] of all) {
        advance(stage.nowUs + afterUs);
        carryOut(stage, oracle, what);
        oracle.keep();
      }
      advance(70);
      const lines = told(stage, 70);
      expect(lines).toEqual(wanted(stage, oracle));
      expect(stage.breaches.find(({ id }) => id === 'L2')?.atUs ?? null).toBe(firstUnowned(oracle));
      if (oracle.owned.size > 0) seen.owned += 1;
      if (oracle.believed.size > 0) seen.believed += 1;
      if (oracle.believed.size > 0 && firstUnowned(oracle) === null) seen.silent += 1;
    }), { seed: 9, numRuns: 3_000 });
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });
});
