import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/contract/message.ts';
import type { FaultEffect, LinkProfile } from '../../../src/contract/world-control.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import { Streams } from '../../../src/kernel/streams.ts';
import { Network } from '../../../src/world/network.ts';

const [N1, N2, N3] = [nodeId(0), nodeId(1), nodeId(2)];

/** Latency 1 to 2 ms, and nothing ever happens to a message. */
const quiet: LinkProfile = {
  latencyUsMin: 1_000, latencyUsMax: 2_000, lossPerMillion: 0, duplicatePerMillion: 0,
  slowPerMillion: 0, slowUsMin: 50_000, slowUsMax: 90_000,
};
const exact: LinkProfile = { ...quiet, latencyUsMax: 1_000 };

interface Letter extends Message {
  readonly number: number;
}

interface Arrival {
  readonly number: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly latencyUs: number;
}

/** A network without a world: a host that carries messages, and a clock that the test moves. */
function bench(profile: LinkProfile = exact, seed: string = 'network') {
  const underWay: (Arrival & { readonly atUs: number })[] = [];
  const arrived: string[] = [];
  const dropped: number[] = [];
  let nowUs = 0;
  const network: Network = new Network({
    nameOf: (process) => `n${process + 1}`,
    deliverAfter: (latencyUs, from, to, message) => {
      underWay.push({ number: (message as Letter).number, from, to, latencyUs, atUs: nowUs + latencyUs });
    },
    onDropped: (_from, _to, message) => { dropped.push((message as Letter).number); },
  }, new Streams(seed), 3, profile);
  const send = (number: number, from: NodeId = N1, to: NodeId = N2, kind: string = 'Letter'): void => {
    network.send(from, to, { kind, number } as Message);
  };
  /** Sends letters 0, 1, 2, … all at once. */
  const sendMany = (count: number, from: NodeId = N1, to: NodeId = N2): void => {
    for (let number = 0; number < count; number += 1) send(number, from, to);
  };
  /** Lets time pass: what is due arrives, unless a cut takes it, as the world asks at each arrival. */
  const pass = (untilUs: number): void => {
    for (const message of [...underWay].sort((a, b) => a.atUs - b.atUs)) {
      if (message.atUs > untilUs) break;
      underWay.splice(underWay.indexOf(message), 1);
      if (!network.losesInFlight(message.from, message.to)) arrived.push(`${message.atUs} ${message.number}`);
    }
    nowUs = untilUs;
  };
  return { network, underWay, arrived, dropped, send, sendMany, pass };
}

/** What became of each of `count` letters: the latencies of its copies, none if it was lost. */
function fates(profile: LinkProfile, count: number = MANY, seed?: string): readonly (readonly number[])[] {
  const { underWay, sendMany } = bench(profile, seed);
  sendMany(count);
  const copies = Array.from({ length: count }, (): number[] => []);
  for (const { number, latencyUs } of underWay) copies[number]?.push(latencyUs);
  return copies;
}

const MANY = 20_000;

/** Asserts that about `perMillion` of many happened: within five standard deviations. Fixed seeds: never by chance. */
function expectRate(happened: number, perMillion: number, of: number = MANY): void {
  const expected = of * perMillion / 1_000_000;
  const deviation = Math.sqrt(expected * (1 - perMillion / 1_000_000));
  expect(Math.abs(happened - expected), `${happened} of ${of}`).toBeLessThanOrEqual(5 * deviation);
}

const isLost = (copies: readonly number[]): boolean => copies.length === 0;
const isTwice = (copies: readonly number[]): boolean => copies.length === 2;
/** The message itself stands behind its copy. */
const isSlow = (copies: readonly number[]): boolean => (copies.at(-1) ?? 0) >= 50_000;

describe('a quiet link', () => {
  it('delivers each message once, to whom it was sent, with latencies over the whole range, ends included', () => {
    const { underWay, dropped, sendMany } = bench(quiet);
    sendMany(MANY, N3, N1);
    expect(underWay.map(({ number }) => number)).toEqual([...Array(MANY).keys()]);
    expect(new Set(underWay.map(({ from, to }) => `${from} > ${to}`))).toEqual(new Set(['2 > 0']));
    const latencies = underWay.map(({ latencyUs }) => latencyUs);
    expect([Math.min(...latencies), Math.max(...latencies)]).toEqual([1_000, 2_000]);
    expectRate(latencies.filter((latencyUs) => latencyUs < 1_250).length, 250 * 1_000_000 / 1_001);
    expect(dropped).toEqual([]);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(fates(quiet, 50)).toEqual(fates(quiet, 50));
    expect(fates(quiet, 50, 'other')).not.toEqual(fates(quiet, 50));
  });
});

describe('a rate', () => {
  it.each([10_000, 100_000, 500_000])('of loss loses that share: %i per million', (lossPerMillion) => {
    const { underWay, dropped, sendMany } = bench({ ...quiet, lossPerMillion });
    sendMany(MANY);
    expectRate(dropped.length, lossPerMillion);
    const all = [...underWay.map(({ number }) => number), ...dropped].sort((a, b) => a - b);
    expect(all).toEqual([...Array(MANY).keys()]);
  });

  it.each([10_000, 100_000, 500_000])('of duplication doubles that share: %i per million', (duplicatePerMillion) => {
    const all = fates({ ...quiet, duplicatePerMillion });
    expectRate(all.filter(isTwice).length, duplicatePerMillion);
    expect(all.filter((copies) => copies.length !== 1 && !isTwice(copies))).toEqual([]);
  });

  it.each([10_000, 100_000, 500_000])('of the slow path delays that share, by its own range: %i', (slowPerMillion) => {
    const all = fates({ ...quiet, slowPerMillion });
    const slow = all.filter(isSlow).flat();
    expectRate(slow.length, slowPerMillion);
    expect(Math.min(...slow)).toBeLessThan(52_000);
    expect(Math.max(...slow)).toBeGreaterThan(88_000);
    expect(slow.filter((latencyUs) => latencyUs > 90_000)).toEqual([]);
    expect(all.flat().filter((latencyUs) => latencyUs > 2_000)).toHaveLength(slow.length);
  });

  it('holds beside the others, each of what is not lost: all three at once', () => {
    const all = fates({ ...quiet, lossPerMillion: 100_000, duplicatePerMillion: 200_000, slowPerMillion: 50_000 });
    const left = all.filter((copies) => !isLost(copies));
    expectRate(all.filter(isLost).length, 100_000);
    expectRate(left.filter(isTwice).length, 200_000, left.length);
    expectRate(left.filter(isSlow).length, 50_000, left.length);
  });

  it('changes alone: no other fate or latency moves with it', () => {
    const base = { ...quiet, lossPerMillion: 50_000, duplicatePerMillion: 50_000, slowPerMillion: 50_000 };
    const before = fates(base);
    const changes: readonly [Partial<LinkProfile>, (copies: readonly number[]) => boolean][] = [
      [{ lossPerMillion: 200_000 }, isLost], [{ duplicatePerMillion: 200_000 }, isTwice],
      [{ slowPerMillion: 200_000 }, isSlow],
    ];
    for (const [change, isNew] of changes) {
      const after = fates({ ...base, ...change });
      const moved = after.filter((copies, number) => JSON.stringify(copies) !== JSON.stringify(before[number]));
      expect(moved.length).toBeGreaterThan(MANY / 10);
      expect(moved.filter((copies) => !isNew(copies))).toEqual([]);
    }
  });

  it('of nothing never happens, and of everything always', () => {
    expect(fates({ ...quiet, lossPerMillion: 1_000_000 }).every(isLost)).toBe(true);
    expect(fates({ ...quiet, duplicatePerMillion: 1_000_000 }).every(isTwice)).toBe(true);
    expect(fates({ ...quiet, slowPerMillion: 1_000_000 }).every(isSlow)).toBe(true);
    expect(fates(quiet).every((copies) => copies.length === 1 && !isSlow(copies))).toBe(true);
  });

  it('would be seen to be off by a fifth', () => {
    const lost = fates({ ...quiet, lossPerMillion: 100_000 }).filter(isLost).length;
    expect(() => { expectRate(lost, 120_000); }).toThrow();
    expect(() => { expectRate(lost, 80_000); }).toThrow();
  });

  it('of duplication brings copies close by and copies when the time of the message is long over', () => {
    const [close, late] = [(us: number): boolean => us <= 2_000, (us: number): boolean => us > 50_000];
    const copies = fates({ ...quiet, duplicatePerMillion: 1_000_000 }).map((both) => Math.max(...both));
    expect(copies.filter(close).length).toBeGreaterThan(MANY / 4);
    expect(copies.filter(late).length).toBeGreaterThan(MANY / 10);
    expect(copies.filter((us) => us > 90_000)).toEqual([]);
  });
});

describe('luck is drawn link by link and message by message', () => {
  const [some, more] = [100_000, 300_000];

  it('a rate of loss moves no message that is not lost', () => {
    const [before, after] = [fates(quiet), fates({ ...quiet, lossPerMillion: some })];
    const kept = [...after.keys()].filter((number) => !isLost(after[number] ?? []));
    expect(kept.length).toBeLessThan(MANY);
    expect(kept.map((number) => after[number])).toEqual(kept.map((number) => before[number]));
  });

  it('a higher rate of loss loses the same messages, and more', () => {
    const lost = (lossPerMillion: number): number[] => {
      const all = fates({ ...quiet, lossPerMillion });
      return [...all.keys()].filter((number) => isLost(all[number] ?? []));
    };
    const [few, many] = [lost(some), new Set(lost(more))];
    expect(few.filter((number) => !many.has(number))).toEqual([]);
    expect(many.size).toBeGreaterThan(few.length);
  });

  it('a rate of duplication gives some messages a copy, and moves neither them nor any other', () => {
    const [before, after] = [fates(quiet), fates({ ...quiet, duplicatePerMillion: some })];
    const moved = after.filter((copies, number) => !copies.includes(before[number]?.[0] ?? -1));
    expect(moved).toEqual([]);
    expect(after.flat().length).toBeGreaterThan(MANY);
  });

  it('a rate of the slow path moves no message that does not take it', () => {
    const lossy = { ...quiet, lossPerMillion: some };
    const [before, after] = [fates(lossy), fates({ ...lossy, slowPerMillion: some })];
    const others = [...after.keys()].filter((number) => !isSlow(after[number] ?? []));
    expect(others.length).toBeLessThan(MANY);
    expect(others.map((number) => after[number])).toEqual(others.map((number) => before[number]));
  });

  it('a rate of one link, and silence or talk on it, move nothing on another', () => {
    const heard = (profile: LinkProfile | null, talk: number): unknown => {
      const { network, underWay, sendMany } = bench({ ...quiet, duplicatePerMillion: some });
      if (profile !== null) network.setLink(N1, N2, profile, noEffect());
      sendMany(talk);
      underWay.length = 0;
      sendMany(1_000, N2, N1);
      sendMany(1_000, N1, N3);
      return underWay.map(({ number, from, latencyUs }) => [number, from, latencyUs]);
    };
    const alone = heard(null, 0);
    expect(heard(null, 100)).toEqual(alone);
    expect(heard({ ...quiet, lossPerMillion: more, slowPerMillion: more }, 100)).toEqual(alone);
  });

  it('a cut, a hold and another profile move no message that comes after them', () => {
    const after = (disturb: (network: Network, effect: FaultEffect) => void,
      restore: (network: Network, effect: FaultEffect) => void): unknown => {
      const { network, underWay, sendMany, send } = bench(quiet);
      const effect = noEffect();
      disturb(network, effect);
      sendMany(20);
      restore(network, effect);
      underWay.length = 0;
      for (let number = 0; number < 100; number += 1) send(number);
      return underWay.map(({ number, latencyUs }) => [number, latencyUs]);
    };
    const undisturbed = after(() => undefined, () => undefined);
    expect(after((network, effect) => { network.cut(N1, N2, 'lost', effect); },
      (network, effect) => { network.mend(N1, N2, effect); })).toEqual(undisturbed);
    expect(after((network, effect) => { network.hold(N1, N2, null, effect); },
      (network, effect) => { network.release(N1, N2, effect); })).toEqual(undisturbed);
    expect(after((network, effect) => { network.setLink(N1, N2, { ...exact, lossPerMillion: more }, effect); },
      (network, effect) => { network.setLink(N1, N2, null, effect); })).toEqual(undisturbed);
  });

  it('two links do not share their luck', () => {
    const { underWay, sendMany } = bench(quiet);
    sendMany(50);
    sendMany(50, N2, N1);
    const latencies = underWay.map(({ latencyUs }) => latencyUs);
    expect(latencies.slice(0, 50)).not.toEqual(latencies.slice(50));
  });
});

describe('a cut', () => {
  it('loses what is sent in its direction, and in no other', () => {
    const { network, underWay, dropped, send } = bench();
    const effect = noEffect();
    network.cut(N1, N2, 'lost', effect);
    send(1);
    send(2, N2, N1);
    send(3, N1, N3);
    send(4, N3, N2);
    expect([underWay.map(({ number }) => number), dropped]).toEqual([[2, 3, 4], [1]]);
    expect(effect).toEqual({ ...noEffect(), messagesDropped: 1 });
  });

  it.each([['lost', ['3000 2'], 1], ['delivered', ['1000 1', '3000 2'], 0]] as const)(
    'that takes messages in flight or not: %s', (inFlight, arrivals, count) => {
      const { network, arrived, send, pass } = bench();
      const effect = noEffect();
      send(1);
      pass(500);
      network.cut(N1, N2, inFlight, effect);
      pass(2_000);
      network.mend(N1, N2, effect);
      send(2);
      pass(9_000);
      expect(arrived).toEqual(arrivals);
      expect(effect.messagesDropped).toBe(count);
    });

  it('that is mended before a message arrives did not take it, whichever kind it was', () => {
    const { network, arrived, send, pass } = bench();
    const effect = noEffect();
    send(1);
    pass(100);
    network.cut(N1, N2, 'lost', effect);
    pass(900);
    network.mend(N1, N2, effect);
    pass(9_000);
    expect([arrived, effect.messagesDropped]).toEqual([['1000 1'], 0]);
  });

  it('loses what is sent during it, also if what is in flight is delivered', () => {
    const { network, underWay, dropped, send } = bench();
    network.cut(N1, N2, 'delivered', noEffect());
    send(1);
    expect([underWay, dropped]).toEqual([[], [1]]);
  });

  it('that ends leaves another one standing', () => {
    const { network, dropped, arrived, send, pass } = bench();
    const [one, other] = [noEffect(), noEffect()];
    network.cut(N1, N2, 'lost', one);
    network.cut(N1, N2, 'delivered', other);
    network.mend(N1, N2, one);
    send(1);
    network.mend(N1, N2, one);
    send(2);
    network.mend(N1, N2, other);
    send(3);
    pass(9_000);
    expect([dropped, arrived]).toEqual([[1, 2], ['1000 3']]);
    expect([one.messagesDropped, other.messagesDropped]).toEqual([0, 2]);
  });
});

describe('a hold', () => {
  it('keeps messages back, loses none, and lets them go in the order in which they were sent', () => {
    const { network, underWay, dropped, arrived, send, pass } = bench();
    const effect = noEffect();
    network.hold(N1, N2, null, effect);
    [3, 1, 2].forEach((number) => { send(number); });
    pass(5_000);
    expect([underWay, dropped, arrived]).toEqual([[], [], []]);
    network.release(N1, N2, effect);
    pass(9_000);
    expect(arrived).toEqual(['6000 3', '6000 1', '6000 2']);
    expect(effect).toEqual({ ...noEffect(), messagesDelayed: 3 });
  });

  it('of one direction keeps back nothing in any other', () => {
    const { network, arrived, send, pass } = bench();
    network.hold(N1, N2, null, noEffect());
    send(1, N2, N1);
    send(2, N1, N3);
    pass(9_000);
    expect(arrived).toEqual(['1000 1', '1000 2']);
  });

  it('of one kind lets the others pass', () => {
    const { network, arrived, send, pass } = bench();
    const effect = noEffect();
    network.hold(N1, N2, 'Vote', effect);
    send(1, N1, N2, 'Vote');
    send(2, N1, N2, 'Letter');
    pass(2_000);
    expect(arrived).toEqual(['1000 2']);
    network.release(N1, N2, effect);
    pass(9_000);
    expect(arrived).toEqual(['1000 2', '3000 1']);
    expect(effect.messagesDelayed).toBe(1);
  });

  it('that ends lets go what no other keeps', () => {
    const { network, arrived, send, pass } = bench();
    const [all, votes] = [noEffect(), noEffect()];
    network.hold(N1, N2, null, all);
    network.hold(N1, N2, 'Vote', votes);
    send(1, N1, N2, 'Vote');
    send(2, N1, N2, 'Letter');
    network.release(N1, N2, all);
    pass(5_000);
    expect(arrived).toEqual(['1000 2']);
    network.release(N1, N2, votes);
    pass(9_000);
    expect(arrived).toEqual(['1000 2', '6000 1']);
  });

  it('that ends before one that began earlier lets go nothing of what that one keeps', () => {
    const { network, underWay, arrived, send, pass } = bench();
    const [all, votes] = [noEffect(), noEffect()];
    network.hold(N1, N2, null, all);
    network.hold(N1, N2, 'Vote', votes);
    send(1, N1, N2, 'Vote');
    send(2, N1, N2, 'Letter');
    network.release(N1, N2, votes);
    send(3, N1, N2, 'Vote');
    pass(5_000);
    expect([underWay, arrived]).toEqual([[], []]);
    network.release(N1, N2, all);
    pass(9_000);
    expect(arrived).toEqual(['6000 1', '6000 2', '6000 3']);
  });

  it('keeps back both copies of what is duplicated, and nothing of what is lost', () => {
    const held = (rates: Partial<LinkProfile>): number => {
      const { network, underWay, send } = bench({ ...exact, ...rates });
      const effect = noEffect();
      network.hold(N1, N2, null, effect);
      send(1);
      expect(underWay).toEqual([]);
      network.release(N1, N2, effect);
      return underWay.length;
    };
    expect([held({ duplicatePerMillion: 1_000_000 }), held({ lossPerMillion: 1_000_000 })]).toEqual([2, 0]);
  });

  it('does not save from a cut that came while the message was held and still stands', () => {
    const { network, arrived, send, pass } = bench();
    const [hold, cut] = [noEffect(), noEffect()];
    network.hold(N1, N2, null, hold);
    send(1);
    network.cut(N1, N2, 'lost', cut);
    network.release(N1, N2, hold);
    pass(9_000);
    expect([arrived, cut.messagesDropped]).toEqual([[], 1]);
  });
});

describe('the profile of a link', () => {
  const CHANGES: readonly [keyof FaultEffect, Partial<LinkProfile>, (copies: readonly number[]) => boolean][] = [
    ['messagesDropped', { lossPerMillion: 1_000_000 }, isLost],
    ['messagesDuplicated', { duplicatePerMillion: 1_000_000 }, isTwice],
    ['messagesDelayed', { slowPerMillion: 1_000_000 }, isSlow],
    ['messagesDelayed', { latencyUsMin: 60_000, latencyUsMax: 70_000 }, isSlow],
  ];

  it.each(CHANGES)('replaces the one of the scenario and counts %s: %j', (counter, change, isTroubled) => {
    const { network, underWay, sendMany } = bench(quiet);
    const effect = noEffect();
    network.setLink(N1, N2, { ...quiet, ...change }, effect);
    sendMany(7);
    const latencies = (number: number): number[] =>
      underWay.filter((message) => message.number === number).map(({ latencyUs }) => latencyUs);
    expect([0, 1, 2, 3, 4, 5, 6].filter((number) => isTroubled(latencies(number)))).toHaveLength(7);
    expect(effect).toEqual({ ...noEffect(), [counter]: 7 });
  });

  it.each(CHANGES)('is of one direction, until it is restored: %s, %j', (_counter, change) => {
    const { network, underWay, dropped, send } = bench(exact);
    const effect = noEffect();
    network.setLink(N1, N2, { ...exact, ...change }, effect);
    send(1, N2, N1);
    send(2, N1, N3);
    network.setLink(N1, N2, null, effect);
    send(3);
    expect(underWay.map(({ number, latencyUs }) => [number, latencyUs])).toEqual([[1, 1_000], [2, 1_000], [3, 1_000]]);
    expect([dropped, effect]).toEqual([[], noEffect()]);
  });

  it('that changes nothing counts nothing, and what the scenario itself does to a message counts for nobody', () => {
    const { network, dropped, sendMany } = bench({ ...quiet, lossPerMillion: 500_000 });
    const [before, same] = [noEffect(), noEffect()];
    network.setLink(N1, N2, quiet, before);
    network.setLink(N1, N2, null, before);
    sendMany(100);
    expect(dropped.length).toBeGreaterThan(20);
    network.setLink(N1, N3, quiet, same);
    sendMany(100, N1, N3);
    expect([before, same]).toEqual([noEffect(), noEffect()]);
  });
});
