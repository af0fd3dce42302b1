import { expect } from 'vitest';
import { LeaseLockClient, type LeaseLockClientState } from '../../../src/clients/lease-lock-client.ts';
import { leaseLockOptions } from '../../../src/clients/lease-lock-options.ts';
import type { Answer, ClientProtocol, ClientRequest } from '../../../src/contract/client.ts';
import type { Context, RandomStream } from '../../../src/contract/context.ts';
import type { LockClient, LockClientInit, LockListener } from '../../../src/contract/lock.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import type { SessionCommand, SessionResult } from '../../../src/contract/session.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';

const MS = 1_000;
const lowest: RandomStream = { between: (min) => min, chance: () => false };

export type Execute = Extract<SessionCommand, { kind: 'execute' }>;
export type MakeLock = (init: LockClientInit, protocol: ClientProtocol) => LockClient;

/** Writes down what a lock client tells. */
export function listenerTo(told: string[]): LockListener {
  const tell = (...words: readonly (string | number | null)[]): void => { told.push(words.join(' ')); };
  return {
    onAttempt: (_ctx, lock, owner) => { tell('attempt', lock, owner); },
    onAcquired: (_ctx, end) => {
      if (end.kind !== 'granted') return tell(end.kind, end.error);
      const { lock, owner, token, validity } = end.grant;
      tell('granted', lock, owner, 'token', token, 'until', validity.untilUs / MS);
    },
    onExtended: (_ctx, { owner, validity }) => { tell('extended', owner, 'until', validity.untilUs / MS); },
    onLost: (_ctx, owner) => { tell('lost', owner); },
    onReleased: (_ctx, end) => { tell('released', end); },
  };
}

/** The client of a lease lock on the bench: leases of 1 s and a drift of 100 ms, 99 by the factor. Times are in ms. */
export function leaseBench(
  changes: Options = {}, make: MakeLock = (init, protocol) => new LeaseLockClient(init, protocol),
) {
  const sent: { readonly to: NodeId; readonly request: ClientRequest }[] = [];
  const timers = new Map<string, number>();
  const told: string[] = [];
  const notes: string[] = [];
  let clockUs = 0;
  const init: LockClientInit = {
    self: nodeId(3), nodes: [0, 1, 2].map(nodeId), client: 0, clients: 2, firstRequest: 500,
    options: { ...defaultOptions(leaseLockOptions), ttl: 1_000 * MS, driftFactor: 99_000, ...changes },
    timeoutUs: 400 * MS, attemptTimeoutUs: 150 * MS,
    listener: listenerTo(told),
  };
  const client = make(init, { classify: (body) => body as Answer });
  const refuse = (): never => { throw new Error('a lock client does not do that'); };
  const ctx: Context = {
    self: init.self, peers: [],
    send: (to, message) => { sent.push({ to, request: message as ClientRequest }); },
    setTimer: (name, afterUs) => { timers.set(name, afterUs / MS); },
    cancelTimer: (name) => { timers.delete(name); },
    random: () => lowest,
    note: ({ event }) => { notes.push(event); },
    broadcast: refuse, reply: refuse, sendNow: refuse, put: refuse, append: refuse, truncateFrom: refuse,
    dropUntil: refuse, persist: refuse, connect: refuse, close: refuse, sendOn: refuse, sendOnNow: refuse,
    continueAs: refuse, allocate: refuse,
    monotonicUs: () => clockUs,
    wallUs: () => clockUs + 1_000_000 * MS,
  };
  const pass = (ms: number): void => { clockUs += ms * MS; };
  const commandAt = (index: number): SessionCommand =>
    sent.at(index)?.request.command as unknown as SessionCommand;
  const deliver = (body: Answer, id: number): void => {
    client.onMessage(ctx, nodeId(0), { kind: 'ClientResponse', id, body: body as unknown as Plain } as Message);
  };
  /** Answers the last request, or an earlier one of those that were sent. */
  const answer = (result: SessionResult, index = -1): void => {
    deliver({ kind: 'done', result: result as unknown as Plain }, sent.at(index)?.request.id ?? -1);
  };
  return {
    client, ctx, sent, timers, told, notes, pass, answer, deliver,
    state: client.state as LeaseLockClientState,
    command: (index = -1): Execute => commandAt(index) as Execute,
    kinds: () => sent.map((_, index) => {
      const command = commandAt(index);
      return command.kind === 'register' ? 'register' : `${command.operation.f} ${command.sequence}`;
    }),
    fire: (name: string): void => {
      expect(timers.delete(name), `timer ${name} runs`).toBe(true);
      client.onTimer(ctx, name);
    },
    /** Asks for `k0` in session 7. */
    ask: (): void => {
      client.acquire(ctx, 'k0');
      if (commandAt(-1).kind === 'register') answer({ kind: 'registered', session: 7 });
    },
    grant: (token = 1): void => {
      answer({ kind: 'ok', value: { token, untilUs: 0, ended: null } });
    },
  };
}
