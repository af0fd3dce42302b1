import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Streams } from '../../src/kernel/streams.ts';
import { execute } from '../../src/protocols/redis/commands.ts';
import type { Reply } from '../../src/protocols/redis/reply.ts';
import { type Args, emptyStore, isExpired, type Store } from '../../src/protocols/redis/store.ts';
import { CommandGenerator } from '../support/redis/commands.ts';
import { agree, BATCH_MS_MAX, timeMs } from './agreement.ts';
import { type RealRedis, startRedis } from './redis-server.ts';

const COMPARED = 200_000;
const BATCH = 50;
/** Whether a command names a key whose time is over. */
function meetsExpired(args: Args, { entries }: Store, nowMs: number): boolean {
  return args.some((word) => {
    const entry = entries.get(word);
    return entry !== undefined && isExpired(entry, nowMs);
  });
}

describe('the simulated Redis beside a real one', () => {
  let redis: RealRedis | undefined;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  it(`answers ${COMPARED} generated commands alike, word for word`, async () => {
    const store = emptyStore();
    const generator = new CommandGenerator(new Streams('redis').get('commands'), store);
    const kinds = new Map<string, number>();
    const different: unknown[] = [];
    let [compared, heldUp, onExpired] = [0, 0, 0];
    while (compared < COMPARED && different.length < 20) {
      const nowMs = Date.now();
      if (generator.settled(nowMs) <= BATCH) {
        await sleep(10);
        continue;
      }
      const batch = Array.from({ length: BATCH }, () => {
        const args = generator.next(nowMs);
        if (meetsExpired(args, store, nowMs)) onExpired += 1;
        return { args, simulated: execute(store, args, nowMs * 1_000).reply };
      });
      const replies = await (redis as RealRedis).client.send([...batch.map(({ args }) => args), ['TIME']]);
      if (!(timeMs(replies.at(-1)) - nowMs <= BATCH_MS_MAX)) {
        heldUp += 1;
        execute(store, ['FLUSHALL'], nowMs * 1_000);
        await (redis as RealRedis).client.call('FLUSHALL');
        continue;
      }
      for (const [at, { args, simulated }] of batch.entries()) {
        const real = replies[at] as Reply;
        if (!agree(args, simulated, real)) different.push({ args, simulated, real });
        kinds.set(simulated.kind, (kinds.get(simulated.kind) ?? 0) + 1);
      }
      compared += batch.length;
    }
    console.log(`${compared} replies compared, ${onExpired} on expired keys, ${heldUp} batches held up`);
    expect(different).toEqual([]);
    expect(onExpired).toBeGreaterThan(COMPARED / 1_000);
    for (const kind of ['status', 'error', 'integer', 'bulk', 'nil', 'array']) {
      expect(kinds.get(kind), kind).toBeGreaterThan(COMPARED / 1_000);
    }
  });
});
