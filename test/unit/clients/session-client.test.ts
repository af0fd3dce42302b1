import { describe, expect, it } from 'vitest';
import type { Answer, ClientRequest, ConditionalRequest } from '../../../src/contract/client.ts';
import type { Context, RandomStream } from '../../../src/contract/context.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { Operation, SessionCommand, SessionResult } from '../../../src/contract/session.ts';
import { clientVariants } from '../../../src/clients/variants.ts';
import { ScriptedClient, type Step } from '../../../src/clients/scripted-client.ts';
import { SessionClient, type ClientInit, type ClientState } from '../../../src/clients/session-client.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import type { Node } from '../../../src/contract/node.ts';

type Execute = Extract<SessionCommand, { kind: 'execute' }>;

const nodes = [0, 1, 2].map(nodeId);
const self = nodeId(3);
const lowest: RandomStream = { between: (min) => min, chance: () => false };

/** The timer of the lane behind that of the one slot. */
const REGISTRATION = 'attempt/1';

/** A client on the bench: what it does is recorded, time passes when the test says so. */
function bench(
  make: (init: ClientInit) => Node = (init) => new SessionClient(init), changes: Partial<ClientInit> = {},
) {
  const sent: { readonly to: NodeId; readonly request: ClientRequest }[] = [];
  const timers = new Map<string, number>();
  const history: string[] = [];
  const line = (process: number, type: string, f: string, key: string, value: Plain, error?: string): void => {
    history.push([process, type, f, key, JSON.stringify(value), error].filter((word) => word !== undefined).join(' '));
  };
  let written = 0;
  let clockUs = 77_000;
  const node = make({
    self, nodes, clients: 2, processes: [0], processStride: 2, operations: 0, readFrom: 'leader',
    timeoutUs: 1_000_000, attemptTimeoutUs: 80_000,
    protocol: { classify: (body) => body as Answer },
    source: {
      next: (): Operation => ({ f: 'write', key: 'x', value: written++ }),
      thinkUs: () => 5,
    },
    recorder: {
      invoke: (process, f, key, value) => { line(process, 'invoke', f, key, value); },
      complete: line,
      sent: () => undefined,
    },
    ...changes,
  });
  const refuse = (): never => { throw new Error('a client does not do that'); };
  const ctx: Context = {
    self, peers: [],
    send: (to, message) => { sent.push({ to, request: message as ClientRequest }); },
    setTimer: (name, afterUs) => { timers.set(name, afterUs); },
    cancelTimer: (name) => { timers.delete(name); },
    random: () => lowest,
    broadcast: refuse, reply: refuse, sendNow: refuse, put: refuse, append: refuse, truncateFrom: refuse,
    dropUntil: refuse, persist: refuse, connect: refuse, close: refuse, sendOn: refuse, sendOnNow: refuse,
    continueAs: refuse, allocate: refuse, wallUs: refuse, note: refuse,
    monotonicUs: () => clockUs,
  };
  node.onStart?.(ctx);
  const last = (): (typeof sent)[number] => sent[sent.length - 1] as (typeof sent)[number];
  const fire = (name: string): void => {
    clockUs += timers.get(name) ?? 0;
    expect(timers.delete(name), `timer ${name} runs`).toBe(true);
    node.onTimer?.(ctx, name);
  };
  const answer = (body: Answer, id = last().request.id): void => {
    node.onMessage?.(ctx, last().to, { kind: 'ClientResponse', id, body } as unknown as Message);
  };
  const done = (result: SessionResult, id?: number): void => { answer({ kind: 'done', result }, id); };
  /** Lets the client register its session and invoke its first operation. */
  const begin = (session = 7): void => {
    fire('think');
    done({ kind: 'registered', session });
  };
  const state = node.state as ClientState;
  const command = (): Execute => last().request.command as unknown as Execute;
  return { sent, timers, history, last, fire, answer, done, begin, command, state };
}

/** Answers that name an epoch, as their protocol may have it. */
const epochal: Partial<ClientInit> = {
  protocol: {
    classify: (body) => body as Answer,
    epochOf: (body) => (body as { readonly epoch?: number }).epoch ?? null,
  },
};

describe('a client whose protocol has epochs', () => {
  const inEpoch = (epoch: number, answer: Answer): Answer => ({ ...answer, epoch }) as unknown as Answer;
  const executed: Answer = { kind: 'done', result: { kind: 'ok', value: 0 } };

  it('asks by the highest epoch that it was told of, and none at first', () => {
    const { begin, answer, fire, sent } = bench(undefined, epochal);
    begin();
    answer(inEpoch(5, executed));
    fire('think');
    expect(sent.map(({ request }) => (request as ConditionalRequest).epoch)).toEqual([0, 0, 5]);
  });

  it('asks the same node again in the next epoch, when that of its question is over', () => {
    const { begin, answer, sent } = bench(undefined, epochal);
    begin();
    answer(inEpoch(6, { kind: 'epoch-over' }));
    const [, first, second] = sent;
    expect(second?.to).toBe(first?.to);
    expect(second?.request).toMatchObject({ command: first?.request.command, epoch: 6 });
  });

  it('takes no result of an epoch that is over, and asks somebody else', () => {
    const { begin, answer, fire, last, history } = bench(undefined, epochal);
    begin();
    answer(inEpoch(6, executed));
    fire('think');
    const asked = last().to;
    answer(inEpoch(5, executed));
    expect(history.at(-1)).toBe('0 invoke write x 1');
    fire('attempt');
    expect(last().to).not.toBe(asked);
    answer(inEpoch(6, executed));
    expect(history.at(-1)).toBe('0 ok write x 1');
  });

  it('says nothing of epochs where there are none', () => {
    const { begin, last } = bench();
    begin();
    expect('epoch' in last().request).toBe(false);
  });
});

describe('a client', () => {
  it('registers a session before its first operation, and not again for the second', () => {
    const { begin, done, fire, sent, history } = bench();
    begin();
    done({ kind: 'ok', value: 0 });
    fire('think');
    expect(sent.map(({ request }) => request.command)).toEqual([
      { kind: 'register', client: 0 },
      { kind: 'execute', session: 7, sequence: 1, acknowledged: 1, operation: { f: 'write', key: 'x', value: 0 } },
      { kind: 'execute', session: 7, sequence: 2, acknowledged: 2, operation: { f: 'write', key: 'x', value: 1 } },
    ]);
    expect(history).toEqual(['0 invoke write x 0', '0 ok write x 0', '0 invoke write x 1']);
  });

  it('retries at another node, under the same session and sequence, with a fresh attempt number', () => {
    const { begin, fire, sent } = bench();
    begin();
    fire('attempt');
    const [, first, second] = sent;
    expect(second?.to).not.toBe(first?.to);
    expect(second?.request.command).toEqual(first?.request.command);
    expect(second?.request.id).not.toBe(first?.request.id);
  });

  it('waits twice as long after each attempt that nobody answers, up to the time of an operation', () => {
    const { begin, done, fire, timers } = bench();
    begin();
    const waits = [0, 1, 2, 3, 4].map(() => {
      const wait = timers.get('attempt');
      fire('attempt');
      return wait;
    });
    expect(waits).toEqual([80_000, 160_000, 320_000, 640_000, 1_000_000]);
    fire('timeout');
    fire('think');
    expect(timers.get(REGISTRATION)).toBe(1_000_000);
    done({ kind: 'registered', session: 8 });
    expect(timers.get('attempt')).toBe(80_000);
  });

  it('takes the result of any attempt of its operation', () => {
    const { begin, fire, done, sent, history } = bench();
    begin();
    fire('attempt');
    done({ kind: 'ok', value: 0 }, sent[1]?.request.id);
    expect(history).toEqual(['0 invoke write x 0', '0 ok write x 0']);
  });

  it('records what a read answered, and of a write what it wrote', () => {
    let f = 'read';
    const { begin, done, fire, history } = bench(undefined, {
      source: { next: () => ({ f, key: 'x', value: f === 'read' ? null : 1 }), thinkUs: () => 5 },
    });
    begin();
    done({ kind: 'ok', value: 9 });
    f = 'write';
    fire('think');
    done({ kind: 'ok', value: 9 });
    expect([history[1], history[3]]).toEqual(['0 ok read x 9', '0 ok write x 1']);
  });

  it('ignores an answer to an operation that is over', () => {
    const { begin, fire, done, last, history } = bench();
    begin();
    const { id } = last().request;
    done({ kind: 'ok', value: 0 });
    fire('think');
    done({ kind: 'refused', error: 'late', value: null }, id);
    expect(history).toEqual(['0 invoke write x 0', '0 ok write x 0', '0 invoke write x 1']);
  });

  it('does not take an old session for a new one when its answer is duplicated late', () => {
    const { begin, fire, done, sent, command } = bench();
    begin();
    fire('timeout');
    fire('think');
    done({ kind: 'registered', session: 7 }, sent[0]?.request.id);
    expect(command().kind).toBe('register');
    done({ kind: 'registered', session: 8 });
    expect(command().session).toBe(8);
  });

  it('reports a timeout as unknown, and goes on as a new process with a new session', () => {
    const { begin, fire, history, command, timers } = bench();
    begin();
    fire('timeout');
    expect(history).toEqual(['0 invoke write x 0', '0 info write x 0 timeout']);
    expect([...timers.keys()]).toEqual(['think']);
    begin(8);
    expect(history[2]).toBe('2 invoke write x 1');
    expect(command()).toMatchObject({ session: 8, sequence: 1 });
  });

  it('reports a refusal as failed, and stays the same process', () => {
    const { begin, done, fire, history } = bench();
    begin();
    done({ kind: 'refused', error: 'compare failed', value: 0 });
    fire('think');
    expect(history).toEqual(['0 invoke write x 0', '0 fail write x 0 compare failed', '0 invoke write x 1']);
  });

  it.each(['no-session', 'expired'] as const)('reports a session lost as unknown, and registers again: %s', (kind) => {
    const { begin, done, fire, history, command } = bench();
    begin();
    done({ kind });
    fire('think');
    expect(history).toEqual(['0 invoke write x 0', `0 info write x 0 ${kind}`, '2 invoke write x 1']);
    expect(command().kind).toBe('register');
  });

  it('follows a redirect at once', () => {
    const { begin, answer, last, sent } = bench();
    begin();
    const before = sent.length;
    answer({ kind: 'redirect', leader: nodeId(2) });
    expect(sent).toHaveLength(before + 1);
    expect(last().to).toBe(2);
  });

  it('backs off when two nodes send it to and fro', () => {
    const { begin, answer, sent, timers } = bench();
    begin();
    let asked = 0;
    for (let turn = 0; turn < 100 && sent.length > asked; turn += 1) {
      asked = sent.length;
      answer({ kind: 'redirect', leader: nodeId(1 + (turn % 2)) });
    }
    expect(asked).toBeLessThan(10);
    expect(timers.get('attempt')).toBeGreaterThan(0);
  });

  it.each<Answer>([{ kind: 'redirect', leader: null }, { kind: 'unsure' }])('asks elsewhere, later: $kind', (body) => {
    const { begin, answer, fire, sent, last, timers } = bench();
    begin();
    const { to, request } = last();
    const before = sent.length;
    answer(body);
    expect(sent).toHaveLength(before);
    expect(timers.get('attempt')).toBeLessThan(80_000);
    fire('attempt');
    expect(last().to).not.toBe(to);
    expect(last().request.command).toEqual(request.command);
  });

  it('is moved by the answer to its last attempt only', () => {
    const { begin, answer, fire, sent } = bench();
    begin();
    fire('attempt');
    answer({ kind: 'redirect', leader: nodeId(2) }, sent[1]?.request.id);
    expect(sent).toHaveLength(3);
  });

  it('reports an operation that found no session as failed, for nobody was told of it', () => {
    const { fire, sent, history } = bench();
    fire('think');
    fire('timeout');
    expect(sent.map(({ request }) => request.command)).toEqual([{ kind: 'register', client: 0 }]);
    expect(history).toEqual(['0 invoke write x 0', '0 fail write x 0 no-session']);
  });

  it.each([['between two operations', false], ['with the next one', true]])('takes a late session %s', (_, hasNext) => {
    const { fire, sent, done, command, timers, last } = bench();
    fire('think');
    const { id } = last().request;
    fire(REGISTRATION);
    fire('timeout');
    fire(REGISTRATION); // It is still asked for.
    if (hasNext) fire('think');
    expect(sent).toHaveLength(3);
    done({ kind: 'registered', session: 4 }, id);
    if (!hasNext) {
      expect(timers.has(REGISTRATION)).toBe(false);
      fire('think');
    }
    expect(command()).toMatchObject({ kind: 'execute', session: 4, sequence: 1, operation: { value: 1 } });
    expect(sent).toHaveLength(4);
  });

  it('reuses no attempt number and no value after a restart', () => {
    const before = bench();
    before.begin();
    const after = bench(undefined, { processes: [2], operations: 1 });
    after.begin();
    const ids = new Set([...before.sent, ...after.sent].map(({ request }) => request.id));
    expect(ids.size).toBe(4);
    expect(after.state.seen.operations).toBe(2);
  });

  it('remembers the last answer on each key for its workload', () => {
    const { begin, done, state } = bench();
    begin();
    done({ kind: 'ok', value: 0 });
    expect(state.seen.last).toEqual(new Map([['x', { f: 'write', isRefused: false, value: 0 }]]));
  });
});

describe('a client with two operations open at a time', () => {
  const twoSlots = (changes: Partial<ClientInit> = {}) =>
    bench(undefined, { processes: [0, 2], processStride: 4, ...changes });
  /** Both slots have invoked an operation, in session 7. */
  const both = () => {
    const client = twoSlots();
    client.fire('think');
    client.fire('think/1');
    client.done({ kind: 'registered', session: 7 });
    return client;
  };

  it('asks for one session, and does both operations in it, as two processes', () => {
    const { sent, history } = both();
    expect(sent.map(({ request }) => request.command)).toMatchObject([
      { kind: 'register' },
      { session: 7, sequence: 1, acknowledged: 1, operation: { value: 0 } },
      { session: 7, sequence: 2, acknowledged: 1, operation: { value: 1 } },
    ]);
    expect(history).toEqual(['0 invoke write x 0', '2 invoke write x 1']);
  });

  it('takes each answer for the operation that asked', () => {
    const { sent, done, history } = both();
    done({ kind: 'ok', value: 1 }, sent[2]?.request.id);
    done({ kind: 'ok', value: 0 }, sent[1]?.request.id);
    expect(history.slice(2)).toEqual(['2 ok write x 1', '0 ok write x 0']);
  });

  it('acknowledges nothing above what is open', () => {
    const { sent, done, fire, command } = both();
    done({ kind: 'ok', value: 1 }, sent[2]?.request.id);
    fire('think/1');
    expect(command()).toMatchObject({ sequence: 3, acknowledged: 1 });
    done({ kind: 'ok', value: 0 }, sent[1]?.request.id);
    fire('think');
    expect(command()).toMatchObject({ sequence: 4, acknowledged: 3 });
  });

  it('ends the session with an operation that is unknown, and lets the other one end in it', () => {
    const { sent, done, fire, history, command, last } = both();
    fire('timeout');
    fire('attempt/1');
    expect(command()).toMatchObject({ session: 7, sequence: 2 });
    fire('think');
    expect(last().request.command).toMatchObject({ kind: 'register' });
    done({ kind: 'ok', value: 1 }, sent[2]?.request.id);
    done({ kind: 'registered', session: 8 });
    expect(command()).toMatchObject({ session: 8, sequence: 1, acknowledged: 1 });
    fire('think/1');
    expect(command()).toMatchObject({ session: 8, sequence: 2, acknowledged: 1 });
    expect(history.slice(2)).toEqual([
      '0 info write x 0 timeout', '4 invoke write x 2', '2 ok write x 1', '2 invoke write x 3',
    ]);
  });

  it('retires a session once, whatever else ends as unknown in it', () => {
    const { done, fire, state, history } = both();
    fire('timeout');
    fire('think');
    done({ kind: 'registered', session: 8 });
    fire('timeout/1');
    expect(state.session).toBe(8);
    expect(history.slice(2)).toEqual(['0 info write x 0 timeout', '4 invoke write x 2', '2 info write x 1 timeout']);
  });

  it('reuses no attempt number after a restart', () => {
    const before = both();
    before.fire('timeout');
    const after = twoSlots({ processes: [8, 6], operations: 2 });
    after.fire('think');
    const ids = [...before.sent, ...after.sent].map(({ request }) => request.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a client that reads anywhere', () => {
  it('begins a read at a drawn node and all else where it was answered last, and goes on from there as ever', () => {
    let f = 'read';
    const { fire, done, answer, last } = bench(undefined, {
      readFrom: 'any', source: { next: () => ({ f, key: 'x', value: null }), thinkUs: () => 5 },
    });
    fire('think');
    answer({ kind: 'redirect', leader: nodeId(2) });
    done({ kind: 'registered', session: 7 });
    expect(last().to).toBe(0); // The lowest that can be drawn.
    answer({ kind: 'redirect', leader: nodeId(1) });
    expect(last().to).toBe(1);
    done({ kind: 'ok', value: 0 });
    f = 'write';
    fire('think');
    expect(last().to).toBe(2);
  });
});

describe('a scripted client', () => {
  const operation = (value: number): Operation => ({ f: 'write', key: 'x', value });
  const steps: readonly Step[] = [
    { atUs: 1_000, operation: operation(1), to: nodeId(2) },
    { atUs: 5_000, operation: operation(2), to: null },
  ];
  const scripted = (changes: Partial<ClientInit> = {}) => bench((init) => new ScriptedClient(init, steps), changes);

  it('registers at once, does what it is told when it is told, and then nothing', () => {
    const { sent, done, fire, timers, history, last } = scripted();
    expect(sent.map(({ request }) => request.command)).toEqual([{ kind: 'register', client: 0 }]);
    expect(timers.get('think')).toBe(1_000);
    done({ kind: 'registered', session: 7 });
    fire('think');
    expect(last()).toMatchObject({ to: 2, request: { command: { session: 7, operation: operation(1) } } });
    done({ kind: 'ok', value: 1 });
    expect(timers.get('think')).toBe(4_000);
    fire('think');
    done({ kind: 'ok', value: 2 });
    expect([...timers.keys()]).toEqual([]);
    expect(history).toEqual(['0 invoke write x 1', '0 ok write x 1', '0 invoke write x 2', '0 ok write x 2']);
  });

  it('asks a node that it is told to ask once, and nobody else', () => {
    const { sent, done, fire, timers, history } = scripted();
    done({ kind: 'registered', session: 7 });
    fire('think');
    expect([...timers.keys()]).toEqual(['timeout']);
    fire('timeout');
    expect(sent).toHaveLength(2);
    expect(history[1]).toBe('0 info write x 1 timeout');
  });

  it.each<[string, Answer, string]>([
    ['did not take it', { kind: 'redirect', leader: nodeId(1) }, '0 fail write x 1 not-taken'],
    ['cannot say what became of it', { kind: 'unsure' }, '0 info write x 1 unsure'],
  ])('ends an operation whose node %s', (_what, body, line) => {
    const { sent, done, answer, fire, history } = scripted();
    done({ kind: 'registered', session: 7 });
    fire('think');
    answer(body);
    expect([sent.length, history[1]]).toEqual([2, line]);
  });

  it('follows redirects where no node is named', () => {
    const { done, answer, fire, last } = scripted();
    done({ kind: 'registered', session: 7 });
    fire('think');
    done({ kind: 'ok', value: 1 });
    fire('think');
    answer({ kind: 'redirect', leader: nodeId(1) });
    expect(last().to).toBe(1);
  });

  it('does nothing more after a crash amid its script', () => {
    const { sent, timers } = scripted({ processes: [2], operations: 1 });
    expect([sent.length, timers.size]).toEqual([0, 0]);
  });
});

const clientOf = (row: string, changes: Partial<ClientInit> = {}) => {
  const variant = clientVariants.find((each) => each.row === row);
  let firings = 0;
  return { ...bench((init) => variant!.create(init, () => { firings += 1; }), changes), fired: () => firings };
};

describe('client/sequence-reused', () => {
  it('goes on in its session after an unknown outcome, from sequence 1', () => {
    const { begin, done, fire, command, fired } = clientOf('CS-08');
    begin();
    done({ kind: 'ok', value: 0 });
    fire('think');
    expect([command().sequence, fired()]).toEqual([2, 0]);
    fire('timeout');
    fire('think');
    expect(command()).toMatchObject({ session: 7, sequence: 1 });
    expect(fired()).toBe(1);
  });
});

describe('client/retry-as-new', () => {
  it('gives a retry a number of its own, but not a request that was sent on', () => {
    const { begin, answer, fire, command, fired } = clientOf('CS-09');
    begin();
    answer({ kind: 'redirect', leader: nodeId(2) });
    answer({ kind: 'redirect', leader: null });
    fire('attempt');
    expect([command().sequence, fired()]).toEqual([1, 0]);
    fire('attempt');
    expect(command()).toMatchObject({ session: 7, sequence: 2, operation: { value: 0 } });
    expect(fired()).toBe(1);
  });
});

describe('client/response-mismatch', () => {
  const two = () => {
    const client = clientOf('CS-10');
    client.begin();
    const { id } = client.last().request;
    client.done({ kind: 'ok', value: 0 });
    client.fire('think');
    return { ...client, id };
  };

  it('takes the answer to an operation that is over for that of the one that is open', () => {
    const { done, id, history, fired } = two();
    done({ kind: 'ok', value: 'late' }, id);
    expect([history.at(-1), fired()]).toEqual(['0 ok write x 1', 1]);
  });

  it('but not that of a registration, or what comes while nothing is open', () => {
    const { done, id, sent, history, fired } = two();
    done({ kind: 'registered', session: 7 }, sent[0]?.request.id);
    done({ kind: 'ok', value: 1 });
    done({ kind: 'ok', value: 'late' }, id);
    expect([history.at(-1), fired()]).toEqual(['0 ok write x 1', 0]);
  });
});

describe('client/unknown-as-failed', () => {
  const variant = clientVariants.find(({ row }) => row === 'CS-04');

  it('reports a timeout as failed, goes on as if nothing had happened, and says that it fired', () => {
    let fired = 0;
    const { begin, fire, history, command } = bench((init) => variant!.create(init, () => { fired += 1; }));
    begin();
    expect(fired).toBe(0);
    fire('timeout');
    fire('think');
    expect(fired).toBe(1);
    expect(history).toEqual(['0 invoke write x 0', '0 fail write x 0 timeout', '0 invoke write x 1']);
    expect(command()).toMatchObject({ session: 7, sequence: 2 });
  });
});
