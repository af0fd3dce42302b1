import type { ProtocolModule } from '../../contract/module.ts';
import { US_PER_S } from '../../kernel/time.ts';
import { redisClient } from './client.ts';
import { readSettings, redisOptions } from './options.ts';
import { RedisNode } from './redis.ts';
import type { RedisState } from './state.ts';

/** Redis, as the tool knows it. */
export const redis: ProtocolModule<RedisState> = {
  name: 'redis',
  options: redisOptions,
  create: (init) => new RedisNode(init),
  client: redisClient,
  view: () => ({ role: 'primary', epoch: 0, leader: null }),
  events: ['saved', 'refused-file'],
  invariants: { declared: [], observe: () => ({}) },
  variants: [],
  assumptions: [],
  messages: [],
  progressBudgetUs: (options) => 10 * US_PER_S + readSettings(options).startDelayUs,
};
