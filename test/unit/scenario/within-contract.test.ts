import { describe, expect, it } from 'vitest';
import type { Assumption } from '../../../src/contract/module.ts';
import type { WeightedFault } from '../../../src/faults/fault.ts';
import { Streams } from '../../../src/kernel/streams.ts';
import { run } from '../../../src/run/run.ts';
import { WithinContract } from '../../../src/scenario/assumptions.ts';
import { protocols } from '../../../src/scenario/catalogue.ts';
import { applyProfile } from '../../../src/scenario/profiles.ts';
import type { FaultLine, Scenario } from '../../../src/scenario/scenario.ts';
import { builtIn } from '../../support/scenarios/built-in.ts';

const S = 1_000_000;

function redlock(more: string): Scenario {
  return builtIn(`name: a
system: { protocol: redlock, nodes: 5, options: { ttl: 10s } }
clients: { count: 3, timeout: 20s }
workload: { kind: lock, keys: 1, hold: 10ms..2s, think: 10..100ms }
duration: 40s
${more}
`);
}

function drawn(scenario: Scenario, seed: number): Scenario {
  const streams = new Streams(String(seed));
  const module = protocols.get(scenario.system.protocol);
  if (module === undefined) throw new Error('the protocol is built in');
  return applyProfile(scenario, (label) => streams.get(label), module);
}

function choicesOf({ faults }: Pick<Scenario, 'faults'>): readonly WeightedFault[] {
  return faults.flatMap(({ action }: FaultLine) =>
    (action.kind === 'one-of' ? action.choices : [{ weight: 1, action, forUs: null }]));
}

/** Kind and victim of everything that some seed draws. */
function kindsOf(scenario: Scenario, seeds: number = 60): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (let seed = 0; seed < seeds; seed += 1) {
    for (const { action } of choicesOf(drawn(scenario, seed))) {
      const victim = 'to' in action ? `${String(action.from)} > ${String(action.to)}`
        : 'target' in action ? String(action.target) : '';
      kinds.add(`${action.kind} ${victim}`);
    }
  }
  return kinds;
}

describe('what a profile draws within the contract', () => {
  const contractOf = (assumption: Partial<Assumption>): WithinContract => {
    const scenario = { ...redlock('check: [fencing, progress]'), clocks: { driftPerMillion: 0, offsetUs: 0 } };
    const assumptions = [{ id: 'planted', text: '', properties: ['fencing'], brokenBy: [], ...assumption }];
    return new WithinContract(scenario, { assumptions, invariants: { declared: [], observe: () => ({}) } });
  };
  const jump: WeightedFault =
    { weight: 1, action: { kind: 'clock-jump', target: 'any', byUs: { min: -5, max: 7 } }, forUs: null };
  const pause: WeightedFault =
    { weight: 1, action: { kind: 'pause', target: 'c1', forUs: 9 }, forUs: { min: 2, max: 9 } };

  it('is nothing that never ends and breaks what progress relies on; what ends is over when it is judged', () => {
    const contract = contractOf({ properties: ['progress'], brokenBy: ['clock-jump', 'pause'] });
    expect(contract.narrowed(jump)).toEqual([]);
    expect(contract.narrowed(pause)).toEqual([pause]);
  });

  it('is nothing of a kind that breaks an assumption of what is checked, and all else', () => {
    expect(contractOf({ brokenBy: ['pause'] }).narrowed(pause)).toEqual([]);
    expect(contractOf({ brokenBy: ['pause'], of: 'nodes' }).narrowed(pause)).toEqual([pause]);
    expect(contractOf({ brokenBy: ['crash'] }).narrowed(pause)).toEqual([pause]);
    expect(contractOf({ brokenBy: ['pause'], properties: ['progress'] }).narrowed(pause)).toEqual([pause]);
    expect(contractOf({ brokenBy: ['pause'], properties: ['mutual-exclusion'] }).narrowed(pause)).toEqual([pause]);
    expect(contractOf({ brokenBy: ['pause'], properties: ['*'] }).narrowed(pause)).toEqual([]);
  });

  it('lasts neither too long nor too short', () => {
    const lasting = (holds: (lastedUs: number) => boolean): unknown =>
      contractOf({ brokenBy: ['pause'], withstands: ({ lastedUs }) => holds(lastedUs) }).narrowed(pause);
    expect(lasting((lastedUs) => lastedUs <= 9)).toEqual([pause]);
    expect(lasting((lastedUs) => lastedUs <= 8)).toEqual([]);
    expect(lasting((lastedUs) => lastedUs >= 3)).toEqual([]);
  });

  it('is that side of a jump which breaks nothing, and as much of a drift', () => {
    const ahead = contractOf({ brokenBy: ['clock-jump'], withstands: ({ byUs }) => (byUs ?? 0) >= 0 });
    expect(ahead.narrowed(jump)).toEqual([{ ...jump, action: { ...jump.action, byUs: { min: 0, max: 7 } } }]);
    expect(contractOf({ brokenBy: ['clock-jump'] }).narrowed(jump)).toEqual([]);
    const drift = (max: number): WeightedFault => ({
      weight: 1, action: { kind: 'clock-drift', target: 'c1', perMillion: { min: -max, max }, forUs: 1 }, forUs: null,
    });
    const rates = contractOf({ brokenBy: ['clock-drift'], withstands: (strike) => strike.apartPerMillion <= 10_000 });
    expect(rates.narrowed(drift(20_000))).toEqual([drift(5_000)]);
    expect([rates.drift(20_000), rates.drift(5_000), rates.drift(0)]).toEqual([5_000, 5_000, 0]);
    expect(contractOf({ brokenBy: ['clock-drift'] }).drift(20_000)).toBe(20_000);
  });

  it('is for Redlock no jump ahead of a server and no restart that forgets, but pauses of holders', () => {
    const within = kindsOf(redlock('profile: swarm\nwithin: contract\ncheck: [mutual-exclusion]'));
    const without = kindsOf(redlock('profile: swarm\ncheck: [mutual-exclusion]'));
    for (const kind of ['crash any', 'crash all']) {
      expect([kind, within.has(kind), without.has(kind)]).toEqual([kind, false, true]);
    }
    const kept = [
      'pause c1', 'crash c1', 'clock-jump c1', 'clock-jump any', 'clock-drift c1', 'hold c1 > r1', 'cut c1 > r1',
      'cut r1 > c1',
    ];
    for (const kind of kept) expect([kind, within.has(kind)]).toEqual([kind, true]);
    const fenced = kindsOf(redlock('profile: swarm\nwithin: contract\ncheck: [fencing]'));
    for (const kind of ['pause c1', 'hold c1 > r1']) expect([kind, fenced.has(kind)]).toEqual([kind, false]);
    expect(fenced.has('pause any')).toBe(true);
  });

  it('is in all else what it would be', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const scenario = redlock('profile: swarm\ncheck: [mutual-exclusion]');
      const [within, without] = [drawn({ ...scenario, within: 'contract' }, seed), drawn(scenario, seed)];
      const { clocks, faults, ...rest } = within;
      expect({ ...rest, within: null }).toEqual({ ...rest, ...without, clocks: undefined, faults: undefined });
      expect(clocks.driftPerMillion).toBeLessThanOrEqual(without.clocks.driftPerMillion);
      const lines = faults.filter(({ action }) => action.kind !== 'one-of');
      expect(without.faults).toEqual(expect.arrayContaining([...lines]));
    }
  });
});

describe('what a profile draws for locks', () => {
  const lease = builtIn(`name: a
system: { protocol: raft-lock, nodes: 5 }
workload: { kind: lock, keys: 1, hold: 10ms, think: 10ms }
duration: 20s
profile: swarm
`);

  it('may trouble no request of its few, and has to trouble something', () => {
    const links = drawn({ ...lease, profile: 'gentle' }, 1).faults.filter(({ action }) => action.kind === 'link');
    const mayMiss = links.map(({ action, allowVacuous }) => {
      const { from, to } = action as { readonly from: readonly string[]; readonly to: readonly string[] };
      return `${from[0]} > ${to[0]} ${allowVacuous}`;
    });
    expect(mayMiss).toEqual(['n1 > n1 false', 'c1 > n1 true', 'c1 > r1 true', 'r1 > c1 true']);
  });

  it('lets sessions outlast two commands of each client, of which one is for what the last one left', () => {
    const drawnShort: number[] = [];
    for (let seed = 0; seed < 300; seed += 1) {
      const { disk, clients: { count, sessionTimeoutUs } } = drawn(lease, seed);
      expect(sessionTimeoutUs, `seed ${seed}`).toBeGreaterThanOrEqual(2 * count * 2 * disk.syncUs.max);
      if (sessionTimeoutUs < S) drawnShort.push(seed);
    }
    expect(drawnShort.length).toBeGreaterThan(30);
  });

  it('leaves elections the disk that they need, however long a lease is', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const { disk, system: { options } } = drawn(lease, seed);
      expect(disk.syncUs.max, `seed ${seed}`).toBeLessThanOrEqual((options['electionTimeoutMax'] as number) / 8);
    }
  });

  it.each(['swarm', 'gentle'])('is over in time for progress, and no client holds two at a time: %s', (name) => {
    for (let seed = 0; seed < 40; seed += 1) {
      const { clients, faults, durationUs } = drawn(redlock(`profile: ${name}`), seed);
      expect(clients.inFlight).toBe(1);
      for (const { trigger, action } of faults) {
        const untilUs = trigger.kind === 'at' ? trigger.atUs : trigger.untilUs ?? Infinity;
        const choices = action.kind === 'one-of' ? action.choices : [{ action, forUs: null }];
        const longest = choices.map(({ action: each, forUs }) => forUs?.max ?? ('forUs' in each ? each.forUs ?? 0 : 0));
        expect(untilUs + Math.max(...longest)).toBeLessThanOrEqual(40 * S);
      }
      expect(durationUs).toBeGreaterThan(40 * S);
    }
  });

  it('strikes whoever has just checked its lock for longer than that lasts', () => {
    const pauses: number[] = [];
    for (let seed = 0; seed < 300; seed += 1) {
      for (const { trigger, action } of drawn(redlock('profile: swarm'), seed).faults) {
        if (trigger.kind === 'when' && action.kind === 'pause') pauses.push(action.forUs ?? 0);
      }
    }
    expect(Math.max(...pauses)).toBeGreaterThan(10 * S);
  });
});

describe('a sweep of Redlock', () => {
  const outcomes = (more: string): readonly string[] => [1, 2, 3, 4].flatMap((seed) => {
    const scenario = redlock(`profile: swarm\ncheck: [mutual-exclusion]\n${more}`);
    const { verdicts } = run({ scenario, file: null, slug: 'redlock', seed: String(seed) }).result;
    return verdicts.filter(({ verdict }) => verdict === 'invalid').map(({ contract }) => contract);
  });

  it('finds nothing within the contract, and outside of it only what is outside', () => {
    expect(outcomes('within: contract')).toEqual([]);
    const found = outcomes('');
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found)).toEqual(new Set(['outside']));
  });

  it('lets clients of lock servers wait for what a slow disk takes', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const { clients, disk, network } = drawn(redlock('profile: swarm'), seed);
      expect(clients.attemptTimeoutUs, `seed ${seed}`).toBeGreaterThanOrEqual(2 * disk.syncUs.max);
      expect(clients.attemptTimeoutUs).toBeGreaterThan(2 * network.latencyUsMax);
    }
  });
});
