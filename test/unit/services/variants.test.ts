import { describe, expect, it } from 'vitest';
import type { ClientRequest } from '../../../src/contract/client.ts';
import type { Context } from '../../../src/contract/context.ts';
import type { Plain } from '../../../src/contract/message.ts';
import type { Node } from '../../../src/contract/node.ts';
import type { SessionCommand, SessionResult } from '../../../src/contract/session.ts';
import type { Applied, StateMachine } from '../../../src/contract/state-machine.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { listStore, type ListState } from '../../../src/services/kv.ts';
import { SessionMachine, type SessionState } from '../../../src/services/sessions.ts';
import { serviceVariants } from '../../../src/services/variants.ts';

const limits = { timeoutUs: 100, max: 10 };
const register: SessionCommand = { kind: 'register', client: 0 };
const ok = (value: Plain): SessionResult => ({ kind: 'ok', value });

function append(session: number, sequence: number, acknowledged = 1): SessionCommand {
  const operation = { f: 'append', key: 'x', value: `${session}.${sequence}` };
  return { kind: 'execute', session, sequence, acknowledged, operation };
}

const variantOf = (row: string) => {
  const variant = serviceVariants.find((each) => each.row === row);
  if (variant === undefined) throw new Error(`${row} stands in the catalogue`);
  return variant;
};

/** A machine on the bench. */
function bench(machine: StateMachine) {
  const state = machine.initial();
  const apply = (command: SessionCommand, timeUs = 0): Applied =>
    machine.apply(state, command as unknown as Plain, timeUs);
  const stored = (): readonly Plain[] => (state as SessionState<ListState>).service.lists.get('x')?.values ?? [];
  return { state, machine, apply, stored };
}

/** A variant's machine beside the reference. */
function machines(row: string) {
  const variant = variantOf(row);
  if (variant.in !== 'machine') throw new Error(`${row} is a machine`);
  let firings = 0;
  const wrong = bench(variant.machine(listStore, () => { firings += 1; }, limits));
  return { wrong, right: bench(new SessionMachine(listStore, limits)), fired: () => firings };
}

it('RF-52 leaves replicas that have applied the same in different states', () => {
  const fired = (): void => undefined;
  const variant = variantOf('RF-52');
  if (variant.in !== 'machine') throw new Error('RF-52 is a machine');
  const machine = variant.machine(listStore, fired, limits);
  const digests = [1, 2].map(() => {
    const state = machine.initial();
    machine.apply(state, { kind: 'register', client: 1 }, 5);
    return machine.digest(state);
  });
  expect(digests[0]).not.toBe(digests[1]);
});

describe('every session machine with a defect', () => {
  // RF-52 is another machine with every command.
  const quiet = serviceVariants.filter((variant) => variant.in === 'machine' && variant.row !== 'RF-52');
  it.each(quiet.map(({ row }) => row))(
    '%s is the reference where nothing comes twice, late or from a snapshot', (row) => {
      const { wrong, right, fired } = machines(row);
      const commands = [register, append(1, 1), append(1, 2, 2), register, append(2, 1), append(7, 1), append(1, 3, 3)];
      for (const command of commands) expect(wrong.apply(command, 50)).toEqual(right.apply(command, 50));
      expect(wrong.machine.digest(wrong.state)).toBe(right.machine.digest(right.state));
      expect(fired()).toBe(0);
    });
});

describe('client/latest-sequence-only', () => {
  it('says that a command was executed which a later one overtook', () => {
    const { wrong, right, fired } = machines('CS-05');
    for (const { apply } of [wrong, right]) [register, append(1, 2)].forEach((command) => apply(command));
    expect([right.apply(append(1, 1)).result, wrong.apply(append(1, 1)).result]).toEqual([ok('1.1'), ok(null)]);
    expect([right.stored(), wrong.stored(), fired()]).toEqual([['1.2', '1.1'], ['1.2'], 1]);
  });

  it('knows the last command when it comes again', () => {
    const { wrong, fired } = machines('CS-05');
    const results = [register, append(1, 1), append(1, 2), append(1, 2)].map((command) => wrong.apply(command).result);
    expect([results.at(-1), wrong.stored(), fired()]).toEqual([ok('1.2'), ['1.1', '1.2'], 0]);
  });
});

describe('client/sessions-not-in-snapshot', () => {
  it('comes back with the service, and without sessions: their numbers are given again', () => {
    const { wrong, fired } = machines('CS-06');
    [register, append(1, 1)].forEach((command) => wrong.apply(command));
    const loaded = wrong.machine.load(wrong.machine.save(wrong.state)) as SessionState<ListState>;
    expect([[...loaded.sessions], loaded.service.lists.get('x')?.values, fired()]).toEqual([[], ['1.1'], 1]);
    expect(wrong.machine.apply(loaded, register as unknown as Plain, 0).result).toEqual(
      { kind: 'registered', session: 1 });
    expect(wrong.machine.digest(loaded)).not.toBe(wrong.machine.digest(wrong.state));
  });
});

describe('client/expired-session-reexecutes', () => {
  it('executes what an expired session had executed', () => {
    const { wrong, right, fired } = machines('CS-07');
    for (const { apply } of [wrong, right]) [register, append(1, 1)].forEach((command) => apply(command));
    expect(right.apply(append(1, 1), 101)).toEqual({ result: { kind: 'expired' }, executed: null });
    expect(wrong.apply(append(1, 1), 101)).toMatchObject({ result: ok('1.1'), executed: { session: 1, sequence: 1 } });
    expect([right.stored(), wrong.stored(), fired()]).toEqual([['1.1'], ['1.1', '1.1'], 1]);
    const loaded = wrong.machine.load(wrong.machine.save(wrong.state));
    expect(wrong.machine.digest(loaded), 'it keeps its own digest in order').toBe(wrong.machine.digest(wrong.state));
  });
});

/** A variant's replica: a node that applies what it is asked at once, and answers. */
function replica(row: string) {
  const variant = variantOf(row);
  if (variant.in !== 'replica') throw new Error(`${row} is a replica`);
  const inner: { machine?: StateMachine; state?: unknown } = {};
  let firings = 0;
  const create = (machine: StateMachine): Node => {
    Object.assign(inner, { machine, state: machine.initial() });
    return {
      state: inner,
      onRequest: (ctx, request) => { ctx.reply(request, machine.apply(inner.state, request.command, 1_000).result); },
    };
  };
  const client = { classify: (body: Plain) => ({ kind: 'done', result: body } as const) };
  const node = variant.replica({ service: listStore, limits, client, create }, () => { firings += 1; });
  const answers: Plain[] = [];
  let clockUs = 0;
  const ctx = {
    self: nodeId(0), peers: [], monotonicUs: () => clockUs, reply: (_: unknown, body: Plain) => { answers.push(body); },
  } as unknown as Context;
  let id = 0;
  const ask = (command: SessionCommand, atUs = 0): Plain => {
    clockUs = atUs;
    id += 1;
    const request = { kind: 'ClientRequest', client: nodeId(5), id, command: command as unknown as Plain } as const;
    node.onRequest?.(ctx, request satisfies ClientRequest);
    return answers.at(-1) ?? null;
  };
  /** What comes through the log, from another node. */
  const apply = (command: SessionCommand): Plain =>
    inner.machine?.apply(inner.state, command as unknown as Plain, 1_000).result ?? null;
  const stored = (): readonly Plain[] =>
    (inner.state as SessionState<ListState>).service.lists.get('x')?.values ?? [];
  return { node, inner, ask, apply, stored, fired: () => firings };
}

describe('client/dedupe-not-replicated', () => {
  it('answers a retry from what it remembers, and executes what another node had answered', () => {
    const { ask, apply, stored, fired } = replica('CS-02');
    ask(register);
    expect([ask(append(1, 1)), ask(append(1, 1)), stored(), fired()]).toEqual([ok('1.1'), ok('1.1'), ['1.1'], 0]);
    apply(append(1, 1));
    expect([stored(), fired()]).toEqual([['1.1', '1.1'], 1]);
  });

  it('takes two registrations of one client for two', () => {
    const { ask } = replica('CS-02');
    expect([ask(register), ask(register)]).toEqual([1, 2].map((session) => ({ kind: 'registered', session })));
  });
});

describe('client/expiry-by-own-clock', () => {
  it('lets a session expire when its own clock says so, whatever the log says', () => {
    const { ask, fired } = replica('CS-03');
    ask(register, 0);
    expect([ask(append(1, 1), 100), fired()]).toEqual([ok('1.1'), 0]);
    expect(ask(append(1, 2), 201)).toEqual({ kind: 'expired' });
    expect(fired()).toBeGreaterThan(0);
  });

  it('is the node that it stands around, to whoever looks', () => {
    const { node, inner } = replica('CS-03');
    expect(node.state).toBe(inner);
  });
});
