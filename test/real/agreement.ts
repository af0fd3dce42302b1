import { TAKE_HOLD, TAKE_TURN } from '../../src/protocols/redis/messages.ts';
import type { Reply } from '../../src/protocols/redis/reply.ts';
import { sha1 } from '../../src/protocols/redis/sha1.ts';
import type { Args } from '../../src/protocols/redis/store.ts';

/** A batch that took the real server longer was held up by the machine: times would not agree. */
export const BATCH_MS_MAX = 40;
const TTL_TOLERANCE_MS = 50;

/** Replies that say when a key expires: how far apart they may be. Before the instant of expiry both are exact. */
const TOLERANCES: Readonly<Record<string, number>> = { pttl: TTL_TOLERANCE_MS, pexpiretime: TTL_TOLERANCE_MS, ttl: 1 };

/** Scripts that say it: by their texts, and by the hashes of those. */
const TELLS_PTTL: readonly string[] = [TAKE_HOLD, TAKE_TURN].flatMap((text) => [text, sha1(text)]);

function toleranceOf([name = '', script = '']: Args): number {
  const command = name.toLowerCase();
  const isTold = TELLS_PTTL.includes(command === 'evalsha' ? script.toLowerCase() : script);
  return command.startsWith('eval') && isTold ? TTL_TOLERANCE_MS : TOLERANCES[command] ?? 0;
}

/** Whether two replies to a command are the same, times but for a tolerance. */
export function agree(args: Args, simulated: Reply, real: Reply): boolean {
  const tolerance = toleranceOf(args);
  const areIntegers = simulated.kind === 'integer' && real.kind === 'integer';
  if (!areIntegers) return JSON.stringify(simulated) === JSON.stringify(real);
  const [a, b] = [simulated.value, real.value];
  // Neither side has all the digits, and a Lua number of 2^63 loses its sign as well.
  if (!Number.isSafeInteger(a) && !Number.isSafeInteger(b)) return Math.abs(Math.abs(a) - Math.abs(b)) < 10_000;
  const areTimes = a >= 0 && b >= 0;
  return Math.abs(a - b) <= (areTimes ? tolerance : 0);
}

/** The wall clock of a server in milliseconds, as TIME tells it. */
export function timeMs(reply: Reply | undefined): number {
  if (reply?.kind !== 'array') return NaN;
  const [seconds, micros] = reply.items.map((item) => (item.kind === 'bulk' ? Number(item.text) : NaN));
  return (seconds as number) * 1_000 + (micros as number) / 1_000;
}
