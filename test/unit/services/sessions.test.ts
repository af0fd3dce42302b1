import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import type { SessionCommand, SessionResult } from '../../../src/contract/session.ts';
import type { Applied, StateMachine } from '../../../src/contract/state-machine.ts';
import type { TimeUs } from '../../../src/kernel/time.ts';
import { listStore, registerStore, type ListState, type RegisterState } from '../../../src/services/kv.ts';
import { GENEROUS_LIMITS, SessionMachine, type Session, type SessionState } from '../../../src/services/sessions.ts';
import { serviceVariants } from '../../../src/services/variants.ts';

type Execute = Extract<SessionCommand, { kind: 'execute' }>;

const NO_SESSION: SessionResult = { kind: 'no-session' };

const register = { kind: 'register', client: 0 } as const;

/** Appends its own name, so that a list shows what was executed, and how often. */
function append(session: number, sequence: number, acknowledged: number = 1): Execute {
  const operation = { f: 'append', key: 'x', value: `${session}.${sequence}` };
  return { kind: 'execute', session, sequence, acknowledged, operation };
}

function read(session: number, sequence: number, acknowledged: number = 1): Execute {
  return { kind: 'execute', session, sequence, acknowledged, operation: { f: 'read', key: 'x', value: null } };
}

const ok = (value: Plain): SessionResult => ({ kind: 'ok', value });

/** A list store with sessions on the bench, and some clients that have registered. */
function bench(sessions: number, machine: StateMachine<unknown> = new SessionMachine<unknown>(listStore)) {
  const state = machine.initial();
  const apply = (command: SessionCommand, timeUs = 0): Applied =>
    machine.apply(state, command as unknown as Plain, timeUs);
  const result = (command: SessionCommand, timeUs = 0): SessionResult => apply(command, timeUs).result as SessionResult;
  const query = (command: SessionCommand): Plain => machine.query(state, command as unknown as Plain)?.result ?? null;
  for (let session = 0; session < sessions; session += 1) result(register);
  const stored = (): readonly Plain[] =>
    (state as SessionState<ListState>).service.lists.get('x')?.values ?? [];
  /** Numbers of the sessions that a snapshot would hold, the one used least recently first. */
  const inOrderOfUse = (): number[] => [...(machine.load(machine.save(state)) as SessionState).sessions.keys()];
  return {
    state: state as SessionState<ListState>, apply, result, query, stored, inOrderOfUse,
    saved: () => machine.save(state), digest: () => machine.digest(state),
  };
}

const noDedupe = (fired: () => void): StateMachine => {
  const variant = serviceVariants.find(({ id }) => id === 'client/no-dedupe');
  if (variant?.in !== 'machine') throw new Error('client/no-dedupe stands around a service');
  return variant.machine(listStore, fired, GENEROUS_LIMITS);
};

describe('a registration', () => {
  it('gives a fresh number each time, also to a client that asks twice', () => {
    const { result } = bench(0);
    const given = [1, 2, 3].map(() => result(register));
    expect(given).toEqual([1, 2, 3].map((session) => ({ kind: 'registered', session })));
  });

  it('is no executed command', () => {
    expect(bench(0).apply(register).executed).toBeNull();
  });
});

describe('a command of a session', () => {
  it('is executed, and says so with its identity', () => {
    const { apply, stored } = bench(2);
    expect(apply(append(2, 1))).toMatchObject({ result: ok('2.1'), executed: { session: 2, sequence: 1 } });
    expect(stored()).toEqual(['2.1']);
  });

  it('that comes again is answered with its first result and not executed, however often and however late', () => {
    const { apply, result, stored } = bench(1);
    result(append(1, 1));
    const first = result(read(1, 2));
    result(append(1, 3));
    for (let copy = 0; copy < 3; copy += 1) {
      expect(apply(read(1, 2))).toEqual({ result: first, executed: null });
      expect(apply(append(1, 1))).toEqual({ result: ok('1.1'), executed: null });
    }
    expect(first).toEqual(ok(['1.1']));
    expect(stored()).toEqual(['1.1', '1.3']);
  });

  it('is executed though a later one overtook it', () => {
    const { result, stored } = bench(1);
    expect([3, 1, 2, 3, 1, 2].map((sequence) => result(append(1, sequence)))).toEqual(
      [3, 1, 2, 3, 1, 2].map((sequence) => ok(`1.${sequence}`)));
    expect(stored()).toEqual(['1.3', '1.1', '1.2']);
  });

  it('leaves plain data behind, also where it overtook others: a copy of the table goes on alike', () => {
    const { state, result } = bench(1);
    result(append(1, 3));
    const results = [null, null, ok('1.3')];
    const session = { client: 0, acknowledged: 1, results, lastUsedUs: 0, lastUse: 2 };
    const hashes = { hash: expect.any(Number) as number, resultsHash: expect.any(Number) as number };
    expect(state.sessions).toStrictEqual(new Map([[1, { ...session, ...hashes }]]));
    const copy = bench(0);
    for (const [number, kept] of state.sessions) copy.state.sessions.set(number, structuredClone(kept));
    expect([append(1, 3), append(1, 1)].map((command) => copy.result(command))).toEqual([ok('1.3'), ok('1.1')]);
    expect(copy.stored()).toEqual(['1.1']);
  });

  it('is told apart from one of another session under the same number', () => {
    const { result, stored } = bench(2);
    [append(1, 1), append(2, 1), append(1, 1), append(2, 1)].forEach((command) => result(command));
    expect(stored()).toEqual(['1.1', '2.1']);
  });

  it('was not executed if the service refused it, and stays refused when the register has changed', () => {
    const machine = new SessionMachine(registerStore);
    const state = machine.initial();
    const apply = (sequence: number, f: string, value: Plain): Applied => machine.apply(
      state, { kind: 'execute', session: 1, sequence, acknowledged: 1, operation: { f, key: 'x', value } }, 0);
    machine.apply(state, register, 0);
    const refused = apply(1, 'cas', [1, 2]);
    expect(refused).toMatchObject({ result: { kind: 'refused' }, executed: null });
    apply(2, 'write', 1);
    expect(apply(1, 'cas', [1, 2])).toEqual(refused);
    expect(state.service.registers.get('x')?.value).toBe(1);
  });

  it.each([3, 0, -1])('of a session that nobody has is not executed and gets no-session: %i of 2', (session) => {
    const { apply, stored, digest } = bench(2);
    const before = digest();
    expect(apply(append(session, 1))).toEqual({ result: NO_SESSION, executed: null });
    expect([stored(), digest()]).toEqual([[], before]);
  });
});

describe('what the client has acknowledged', () => {
  it('is forgotten, and a late duplicate of it gets no-session and is not executed again', () => {
    const { state, apply, result, stored } = bench(1);
    [append(1, 1), append(1, 2), append(1, 3, 3)].forEach((command) => result(command));
    expect(state.sessions.get(1)?.results).toHaveLength(1);
    for (const late of [append(1, 1), append(1, 2), append(1, 1, 3), append(1, 2, 2)]) {
      expect(apply(late), JSON.stringify(late)).toEqual({ result: NO_SESSION, executed: null });
    }
    expect(stored()).toEqual(['1.1', '1.2', '1.3']);
  });

  it('never comes back: a duplicate from before carries an older number and changes nothing', () => {
    const { result, stored, saved } = bench(1);
    [append(1, 1), append(1, 2, 2), append(1, 3, 3)].forEach((command) => result(command));
    const before = saved();
    expect(result(append(1, 3, 1))).toEqual(ok('1.3'));
    expect(result(append(1, 2, 1))).toEqual(NO_SESSION);
    expect(saved()).toBe(before);
    expect(result(append(1, 4, 1))).toEqual(ok('1.4'));
    expect(result(append(1, 3, 1))).toEqual(ok('1.3'));
    expect(stored()).toEqual(['1.1', '1.2', '1.3', '1.4']);
  });

  it('may run ahead of what arrived: what it skips is never executed', () => {
    const { result, stored } = bench(1);
    expect(result(append(1, 5, 5))).toEqual(ok('1.5'));
    expect(result(append(1, 2, 2))).toEqual(NO_SESSION);
    expect(result(append(1, 5, 5))).toEqual(ok('1.5'));
    expect(stored()).toEqual(['1.5']);
  });

  it('bounds what is kept of a client that asks one thing after another', () => {
    const { state, result } = bench(1);
    for (let sequence = 1; sequence <= 200; sequence += 1) {
      result(append(1, sequence, sequence));
      expect(state.sessions.get(1)?.results.length).toBe(1);
    }
  });
});

describe('a question that changes nothing', () => {
  it('is answered, whether its session is known here, is known elsewhere or has expired', () => {
    const { state, result, query } = bench(1);
    result(append(1, 1));
    const before = structuredClone(state.sessions);
    expect([query(read(1, 2)), query(read(2, 1))]).toEqual([ok(['1.1']), ok(['1.1'])]);
    expect(state.sessions).toEqual(before);
  });

  it('has to be applied if it changes something, or registers', () => {
    const { query } = bench(1);
    expect([query(append(1, 1)), query(register)]).toEqual([null, null]);
  });

  it('leaves a gap in the sequence, over which nothing is remembered and nothing is mistaken', () => {
    const { state, result, query, stored } = bench(1);
    for (let sequence = 1; sequence < 300; sequence += 3) {
      result(append(1, sequence, sequence));
      query(read(1, sequence + 1, sequence + 1));
      query(read(1, sequence + 2, sequence + 2));
      expect(state.sessions.get(1)?.results).toEqual([ok(`1.${sequence}`)]);
      expect(result(append(1, sequence, sequence))).toEqual(ok(`1.${sequence}`));
    }
    expect(stored()).toHaveLength(100);
  });
});

describe('a session that was not used', () => {
  const limits = { timeoutUs: 100, max: 3 };
  const limited = () => bench(0, new SessionMachine<unknown>(listStore, limits));
  const EXPIRED: SessionResult = { kind: 'expired' };

  it('for longer than its time has expired: its commands are not executed any more', () => {
    const { apply, result, stored } = limited();
    result(register, 10);
    expect(result(append(1, 1), 110)).toEqual(ok('1.1'));
    expect(result(append(1, 1), 210)).toEqual(ok('1.1'));
    for (const late of [append(1, 1), append(1, 2)]) {
      expect(apply(late, 311)).toEqual({ result: EXPIRED, executed: null });
    }
    expect(stored()).toEqual(['1.1']);
  });

  it('expires before the next command, whosever it is, a registration included', () => {
    const { result, inOrderOfUse } = limited();
    [10, 20].forEach((at) => result(register, at));
    result(append(1, 1), 110);
    expect(inOrderOfUse()).toEqual([2, 1]);
    result(register, 121);
    expect(inOrderOfUse()).toEqual([1, 3]);
    result(append(9, 1), 222);
    expect(inOrderOfUse()).toEqual([]);
    expect(result(register, 222)).toEqual({ kind: 'registered', session: 4 });
  });

  it('is told from one that was never registered, for which nothing can have happened', () => {
    const { result } = limited();
    result(register, 0);
    expect([1, 2, 0].map((session) => result(append(session, 1), 101))).toEqual([EXPIRED, NO_SESSION, NO_SESSION]);
  });

  it('makes room for one more, if it is the one least recently used', () => {
    const { result, inOrderOfUse } = limited();
    [1, 2, 3].forEach((at) => result(register, at));
    result(append(1, 1), 4);
    result(register, 5);
    expect(inOrderOfUse()).toEqual([3, 1, 4]);
    expect([append(2, 1), append(1, 1)].map((command) => result(command, 6))).toEqual([EXPIRED, ok('1.1')]);
  });

  it('is the same as if all were looked at before each command, on a replica that goes on from a snapshot, too', () => {
    const step = fc.record({
      afterUs: fc.nat(2), use: fc.option(fc.integer({ min: 1, max: 8 })), reloads: fc.nat(9).map((n) => n === 0),
    });
    const few = { timeoutUs: 5, max: 3 };
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const machine = new SessionMachine(listStore, few);
      let state = machine.initial();
      /** The one used least recently first. */
      let kept: { readonly number: number; readonly usedAtUs: number }[] = [];
      let timeUs = 0;
      for (const { afterUs, use, reloads } of steps) {
        timeUs += afterUs;
        const command = use === null ? register : append(use, 1);
        kept = kept.filter(({ usedAtUs }) => timeUs - usedAtUs <= few.timeoutUs);
        if (use === null && kept.length === few.max) kept.shift();
        machine.apply(state, command as unknown as Plain, timeUs);
        const number = use ?? state.registered;
        const isUsed = use === null || kept.some((session) => session.number === number);
        kept = kept.filter((session) => session.number !== number);
        if (isUsed) kept.push({ number, usedAtUs: timeUs });
        if (reloads) state = machine.load(machine.save(state));
        const { sessions } = machine.load(machine.save(state));
        expect([...sessions.keys()]).toEqual(kept.map((session) => session.number));
      }
    }), { numRuns: 500 });
  });

  it('is not brought back by a clock that goes back, which is nothing that a log can say', () => {
    const { result } = limited();
    result(register, 10);
    expect(() => result(append(1, 1), 9)).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });
});

describe('the digest of sessions', () => {
  const commands: readonly SessionCommand[] = [
    register, append(1, 1), append(1, 1), read(1, 2), register, append(2, 1), append(1, 3, 2),
  ];

  it('is an unsigned 32-bit integer, equal on replicas after each command', () => {
    const [one, other] = [bench(0), bench(0)];
    for (const command of commands) {
      one.result(command);
      other.result(command);
      expect(one.digest()).toBe(other.digest());
      expect(one.digest()).toBe(one.digest() >>> 0);
    }
  });

  it('moves with each new session and each executed command, reads included, and not with duplicates', () => {
    const { result, digest } = bench(0);
    const moved = commands.map((command) => {
      const before = digest();
      result(command);
      return digest() !== before;
    });
    expect(moved).toEqual([true, true, false, true, true, true, true]);
  });

  it('tells a replica that lost a command, changed the order or executed one twice', () => {
    const digestOf = (machine: StateMachine<unknown>, run: readonly SessionCommand[]): number => {
      const { result, digest } = bench(0, machine);
      run.forEach((command) => result(command));
      return digest();
    };
    const sound = (): StateMachine<unknown> => new SessionMachine<unknown>(listStore);
    const whole = digestOf(sound(), commands);
    const once = commands.filter((_, at) => at !== 2);
    expect(digestOf(sound(), once)).toBe(whole);
    for (const lost of once.keys()) {
      expect(digestOf(sound(), once.filter((_, at) => at !== lost)), `without ${lost}`).not.toBe(whole);
    }
    expect(digestOf(sound(), [...commands.slice(0, 5), ...commands.slice(5).reverse()])).not.toBe(whole);
    expect(digestOf(noDedupe(() => undefined), commands)).not.toBe(whole);
  });

  it('is of a table that is saved as it is now, whenever the text is made', () => {
    const machine = new SessionMachine(listStore);
    const state = machine.initial();
    const run = (some: readonly SessionCommand[], timeUs: TimeUs): void =>
      some.forEach((command) => machine.apply(state, command as unknown as Plain, timeUs));
    run([register, register, append(1, 1), append(1, 2), append(2, 1)], 3);
    const text = machine.save(state);
    for (const more of [append(1, 3), append(2, 2, 2), read(1, 4, 3), register]) {
      const later = machine.saveLater(state);
      const now = machine.save(state);
      run([more], 5);
      expect(later()).toBe(now);
      expect(machine.save(state)).not.toBe(now);
    }
    expect(machine.digest(machine.load(text))).not.toBe(machine.digest(state));
  });

  it('tells a refusal from a value that reads like the word for it', () => {
    const digests = [
      { f: 'write', key: 'k', value: 'refused' },
      { f: 'cas', key: 'k', value: [1, 2] },
    ].map((operation) => {
      const machine = new SessionMachine(registerStore);
      const state = machine.initial();
      machine.apply(state, register, 0);
      machine.apply(state, { kind: 'execute', session: 1, sequence: 1, acknowledged: 1, operation }, 0);
      return machine.sessionsDigest(state);
    });
    expect(digests[0]).not.toBe(digests[1]);
  });

  it('is kept, not computed: it looks at no session', () => {
    const forbidden = (): never => { throw new Error('the digest walks through the sessions'); };
    const machine = new SessionMachine(registerStore);
    const state: SessionState<RegisterState> = {
      service: { registers: new Map(), digest: 5 }, sessions: new Proxy(new Map<number, Session>(), { get: forbidden }),
      registered: 1, timeUs: 0, uses: 0, idleSinceUs: 0, tableDigest: 6,
    };
    for (const change of [{ tableDigest: 7 }, { registered: 2 }]) {
      expect(machine.digest(state)).not.toBe(machine.digest({ ...state, ...change }));
      expect(machine.sessionsDigest(state)).not.toBe(machine.sessionsDigest({ ...state, ...change }));
    }
    const otherService = { ...state, service: { ...state.service, digest: 7 } };
    expect(machine.digest(state)).not.toBe(machine.digest(otherService));
    expect(machine.sessionsDigest(state)).toBe(machine.sessionsDigest(otherService));
  });

  it.each<[string, (session: Session) => void]>([
    ['lost a result', ({ results }) => { results.pop(); }],
    ['has another result', ({ results }) => { results[0] = ok('other'); }],
    ['has a longer list as a result', ({ results }) => { results[1] = ok(['1.0', '1.1']); }],
    ['forgot what is acknowledged', (session) => { session.acknowledged = 1; }],
    ['has another time of use', (session) => { session.lastUsedUs += 1; }],
    ['is of another client', (session) => { Object.assign(session, { client: 7 }); }],
  ])('tells a loaded table in which a session %s', (_what, change) => {
    const machine = new SessionMachine(listStore);
    const state = machine.initial();
    const commands = [register, append(1, 1), append(1, 2, 2), read(1, 3, 2)];
    for (const command of commands) machine.apply(state, command as unknown as Plain, 50);
    const before = machine.sessionsDigest(state);
    expect(machine.sessionsDigest(machine.load(machine.save(state)))).toBe(before);
    change(state.sessions.get(1) as Session);
    expect(machine.sessionsDigest(machine.load(machine.save(state)))).not.toBe(before);
  });
});

describe('the variant client/no-dedupe', () => {
  it('executes a command that came twice twice, and fires once for each copy', () => {
    let fired = 0;
    const { apply, stored } = bench(1, noDedupe(() => { fired += 1; }));
    apply(append(1, 1));
    expect(fired).toBe(0);
    expect(apply(append(1, 1)).executed).toMatchObject({ session: 1, sequence: 1 });
    apply(append(1, 1));
    expect([stored(), fired]).toEqual([['1.1', '1.1', '1.1'], 2]);
  });

  it('is the reference wherever nothing comes twice', () => {
    let fired = 0;
    const [one, other] = [bench(2), bench(2, noDedupe(() => { fired += 1; }))];
    const commands = [
      append(1, 1), append(2, 2), append(2, 1), append(1, 2, 2), read(1, 3, 3), append(1, 1), append(7, 1),
    ];
    for (const command of commands) expect(other.apply(command)).toEqual(one.apply(command));
    expect([other.state, fired]).toEqual([one.state, 0]);
  });
});

/** What sessions promise, without any of their means: it keeps everything, for ever. */
class Bookkeeper {
  private readonly first = new Map<string, SessionResult>();
  private readonly acknowledged = new Map<number, number>();
  readonly list: Plain[] = [];

  expect({ session, sequence, acknowledged, operation }: Execute): SessionResult {
    const floor = Math.max(acknowledged, this.acknowledged.get(session) ?? 1);
    this.acknowledged.set(session, floor);
    if (sequence < floor) return NO_SESSION;
    const name = `${session}.${sequence}`;
    const earlier = this.first.get(name);
    if (earlier !== undefined) return earlier;
    if (operation.f === 'append') this.list.push(operation.value);
    const result = ok(operation.f === 'append' ? operation.value : [...this.list]);
    this.first.set(name, result);
    return result;
  }
}

const SESSIONS = 3;

/** Commands of some clients as a network delivers them: in any order, any of them more than once, or never. */
const deliveries = fc.array(fc.record({
  session: fc.integer({ min: 1, max: SESSIONS }),
  sequence: fc.integer({ min: 1, max: 6 }),
  /** How many of the client's commands were still open when it sent this copy. */
  open: fc.integer({ min: 0, max: 5 }),
}), { maxLength: 40 }).map((all) => all.map(({ session, sequence, open }) => {
  const make = sequence % 3 === 0 ? read : append;
  return make(session, sequence, Math.max(1, sequence - open));
}));

/** Runs the property against a machine, and says whether it found a way to break it. */
function breaks(make: () => StateMachine<unknown>): boolean {
  const property = fc.property(deliveries, (commands) => {
    const { apply, stored } = bench(SESSIONS, make());
    const keeper = new Bookkeeper();
    const executions = new Set<string>();
    for (const command of commands) {
      const { result, executed } = apply(command);
      expect(result).toEqual(keeper.expect(command));
      if (executed === null) continue;
      const name = `${executed.session}.${executed.sequence}`;
      expect(executions, `${name} is executed once`).not.toContain(name);
      executions.add(name);
    }
    expect(stored()).toEqual(keeper.list);
  });
  return fc.check(property, { seed: 20_140_401, numRuns: 1_000 }).failed;
}

/** Sessions, but that something is done to their table before each command. */
class Tampered extends SessionMachine<unknown> {
  private readonly tamper: (state: SessionState) => void;

  constructor(tamper: (state: SessionState) => void) {
    super(listStore);
    this.tamper = tamper;
  }

  override apply(state: SessionState, command: Plain): Applied {
    this.tamper(state);
    return super.apply(state, command, 0);
  }
}

describe('whatever the order and the duplicates', () => {
  it('each command is executed at most once, and answered alike while its result is kept', () => {
    expect(breaks(() => new SessionMachine<unknown>(listStore))).toBe(false);
  });

  it.each<[string, () => StateMachine<unknown>]>([
    ['a machine without deduplication', () => noDedupe(() => undefined)],
    ['a table that forgets the results too early', () => new Tampered(({ sessions }) => {
      for (const { results } of sessions.values()) results.length = Math.min(results.length, 1);
    })],
    ['a table whose `acknowledged` goes back', () => new Tampered(({ sessions }) => {
      for (const session of sessions.values()) {
        if (session.acknowledged > 1) session.results.unshift(null);
        session.acknowledged = Math.max(1, session.acknowledged - 1);
      }
    })],
    ['a table whose results are off by one', () => new Tampered(({ sessions }) => {
      for (const session of sessions.values()) session.acknowledged += session.results.length > 4 ? 1 : 0;
    })],
  ])('which would not hold with %s', (_what, make) => {
    expect(breaks(make)).toBe(true);
  });
});
