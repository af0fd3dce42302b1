import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { noEffect } from '../../src/faults/applied.ts';
import { Streams } from '../../src/kernel/streams.ts';
import { apply, execute } from '../../src/protocols/redis/commands.ts';
import { FENCED_LOCK, RELEASE_HOLD, RELEASE_LOCK, TAKE_HOLD } from '../../src/protocols/redis/messages.ts';
import type { Reply } from '../../src/protocols/redis/reply.ts';
import { type Args, emptyStore } from '../../src/protocols/redis/store.ts';
import { type Cluster, redisCluster } from '../support/redis/cluster.ts';
import { CommandGenerator } from '../support/redis/commands.ts';
import { agree, BATCH_MS_MAX, timeMs } from './agreement.ts';
import { type RealRedis, startRedis } from './redis-server.ts';
import { RespClient } from './resp.ts';

const COMPARED = 40_000;
const BATCH = 20;
/** Answered when the replica has all that was sent before. */
const CAUGHT_UP = ['WAIT', '1', '1000'];

/** Two servers, the second of which follows the first and has caught up. */
async function startPair(): Promise<readonly [RealRedis, RealRedis]> {
  const primary = await startRedis('--repl-diskless-sync-delay', '0');
  const replica = await startRedis('--replicaof', '127.0.0.1', String(primary.port)).catch(async (error: unknown) => {
    await primary.stop();
    throw error;
  });
  await primary.client.call('SET', 'caught-up', '1');
  for (let tries = 0; tries < 500; tries++) {
    const reply = await replica.client.call('GET', 'caught-up');
    if (reply.kind === 'bulk') return [primary, replica];
    await sleep(20);
  }
  await replica.stop();
  await primary.stop();
  throw new Error('the replica does not catch up');
}

describe('a simulated primary and its replica beside real ones', () => {
  let [primary, replica]: RealRedis[] = [];
  beforeAll(async () => {
    [primary, replica] = await startPair();
  });
  afterAll(async () => {
    await replica?.stop();
    await primary?.stop();
  });

  it(`answer ${COMPARED} generated commands alike`, async () => {
    const [ours, theirs] = [emptyStore(), emptyStore()];
    const streams = new Streams('redis-replica');
    const asked = new CommandGenerator(streams.get('primary'), ours);
    const askedThere = new CommandGenerator(streams.get('replica'), theirs);
    const different: unknown[] = [];
    let [compared, refused, heldUp] = [0, 0, 0];
    const compare = (batch: readonly Asked[], replies: readonly Reply[]): void => {
      for (const [at, { args, simulated }] of batch.entries()) {
        const real = replies[at] as Reply;
        if (!agree(args, simulated, real)) different.push({ args, simulated, real });
        if (real.kind === 'error' && real.text.startsWith('READONLY')) refused += 1;
      }
      compared += batch.length;
    };
    while (compared < COMPARED && different.length < 20) {
      const nowMs = Date.now();
      if (Math.min(asked.settled(nowMs), askedThere.settled(nowMs)) <= BATCH) {
        await sleep(10);
        continue;
      }
      const here = drawn(asked, nowMs, (args) => {
        const { reply, effects } = execute(ours, args, nowMs * 1_000);
        apply(theirs, effects);
        return reply;
      });
      const replies = await (primary as RealRedis).client.send([...here.map(({ args }) => args), CAUGHT_UP]);
      const there = drawn(askedThere, nowMs, (args) => execute(theirs, args, nowMs * 1_000, 'hides').reply);
      const repliesThere = await (replica as RealRedis).client.send([...there.map(({ args }) => args), ['TIME']]);
      if (!(timeMs(repliesThere.at(-1)) - nowMs <= BATCH_MS_MAX)) {
        heldUp += 1;
        await (primary as RealRedis).client.send([['FLUSHALL'], CAUGHT_UP]);
        for (const store of [ours, theirs]) execute(store, ['FLUSHALL'], 0);
        continue;
      }
      compare(here, replies);
      compare(there, repliesThere);
    }
    console.log(`${compared} replies of a primary and its replica compared, ${heldUp} batches held up`);
    expect(different).toEqual([]);
    expect(refused).toBeGreaterThan(COMPARED / 10);
  });
});

interface Asked {
  readonly args: Args;
  readonly simulated: Reply;
}

/** Draws and executes one after the other: what is drawn depends on what the keys hold. */
function drawn(generator: CommandGenerator, nowMs: number, reply: (args: Args) => Reply): Asked[] {
  const batch: Asked[] = [];
  while (batch.length < BATCH) {
    const args = generator.next(nowMs);
    // WAIT is what a node answers, not a store.
    if (args[0] !== 'WAIT') batch.push({ args, simulated: reply(args) });
  }
  return batch;
}

describe('what nodes say to clients of their role', () => {
  it('is what real ones say', async () => {
    const [primary, replica] = await startPair();
    const other = await RespClient.connect(primary.port);
    try {
      const cluster = redisCluster(2);
      const both = async (node: 'n1' | 'n2', ...args: Args): Promise<void> => {
        const real = await (node === 'n1' ? primary : replica).client.call(...args);
        expect({ node, args, reply: cluster.askArgs(node, args, 2_000) }).toEqual({ node, args, reply: real });
      };
      await both('n1', 'ROLE', 'x');
      for (const [node, real] of [['n1', primary], ['n2', replica]] as const) {
        const shape = shapeOf(cluster.askArgs(node, ['ROLE'], 2_000));
        // A real primary lists a replica when that has loaded everything, which a busy machine takes a while for.
        await vi.waitFor(async () => expect(shape).toEqual(shapeOf(await real.client.call('ROLE'))), 10_000);
      }
      await both('n2', 'SET', 'k', 'v');
      await both('n2', 'WAIT', '0', '0');
      await both('n2', 'WAIT', 'x', '0');
      await both('n1', 'SET', 'k', 'v');
      await both('n1', 'WAIT', '1', '1000');
      await both('n2', 'EVAL', RELEASE_LOCK, '1', 'k', 'v');
      await both('n2', 'EVAL', RELEASE_LOCK, '1', 'k', 'w');
      await both('n1', 'WAIT', '2', '50');
      await primary.client.call('CONFIG', 'SET', 'min-replicas-to-write', '2');
      cluster.control.setOptions({ minReplicas: 2 }, noEffect());
      cluster.wait(1);
      await both('n1', 'SET', 'k', 'w');
      await both('n1', 'SET', 'k');
      await both('n1', 'EVAL', FENCED_LOCK, '2', 'l', 'n', 'v', '1000');
      await both('n1', 'EVAL', RELEASE_LOCK, '1', 'k', 'w');
      await both('n1', 'GET', 'k');
      await primary.client.call('CONFIG', 'SET', 'min-replicas-to-write', '0');
      await primary.client.call('CONFIG', 'SET', 'maxmemory', '1');
      cluster.control.setOptions({ minReplicas: 0, maxmemoryKeys: 1 }, noEffect());
      cluster.ask('n1', 'SET one more');
      cluster.wait(1);
      for (const word of ['SET', 'SETNX', 'GETSET']) await both('n1', word, 'm', 'v');
      await both('n1', 'INCR', 'n');
      await both('n1', 'GET', 'm');
      await both('n1', 'PEXPIRE', 'm', '1000');
      await both('n1', 'EVAL', FENCED_LOCK, '2', 'l', 'n', 'v', '1000');
      await both('n1', 'EVAL', RELEASE_LOCK, '1', 'k', 'w');
      await primary.client.call('CONFIG', 'SET', 'maxmemory', '0');
      cluster.control.setOptions({ maxmemoryKeys: 0 }, noEffect());
      cluster.wait(1);
      for (const words of [['SUBSCRIBE', 'news'], ['SUBSCRIBE', 'more'], ['UNSUBSCRIBE', 'more']]) {
        expect(cluster.askArgs('n1', words, 2_000)).toEqual(await other.call(...words));
      }
      await both('n1', 'PUBLISH', 'news', 'x');
      await both('n1', 'PUBLISH', 'more', 'x');
      await both('n1', 'EVAL', TAKE_HOLD, '1', 'h', 'me', '60000');
      await both('n1', 'EVAL', RELEASE_HOLD, '2', 'h', 'news', 'me');
      // What the real subscriber was told is not waited for, and must not be taken for an answer.
      await sleep(50);
      expect(cluster.askArgs('n1', ['UNSUBSCRIBE', 'news'], 2_000)).toEqual(await other.call('UNSUBSCRIBE', 'news'));
      await both('n1', 'PUBLISH', 'news', 'x');
      await both('n2', 'REPLICAOF', 'NO', 'ONE');
      const blocked = primary.client.call('WAIT', '5', '0');
      await sleep(50);
      await other.call('REPLICAOF', '127.0.0.1', String(replica.port));
      expect(deposedAmidWait(cluster)).toEqual(await blocked);
    } finally {
      other.close();
      await replica.stop();
      await primary.stop();
    }
  });
});

/** Kinds, and the first word: addresses and offsets are each one's own. */
function shapeOf(reply: Reply | null): unknown {
  if (reply?.kind !== 'array') return reply?.kind;
  const [first] = reply.items;
  return [first?.kind === 'bulk' && /^[a-z]+$/.test(first.text) ? first.text : '', ...reply.items.map(shapeOf)];
}

function deposedAmidWait({ control, world, id, askArgs }: Cluster): Reply | null {
  control.at(world.nowUs + 50_000, () => control.order(id('n1'), { kind: 'follow', nodes: [id('n2')] }, noEffect()));
  return askArgs('n1', ['WAIT', '5', '0'], 1_000);
}
