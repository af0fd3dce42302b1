import type { LockEntry, LockServers } from '../../contract/lock.ts';
import { majority } from '../../contract/quorum.ts';
import { readSettings, serversAmong } from './options.ts';
import type { SentinelState } from './sentinel-state.ts';
import type { RedisState } from './state.ts';

/**
 * Redis as lock servers: a lock is a key, and its value the owner, or a hash with it. A primary that was deposed and
 * does not know it yet grants locks like any other. A server that stays out is not open.
 */
export const redisLockServers: LockServers<RedisState | SentinelState> = {
  isGranting: (state) => state.kind === 'server' && state.isOpen && state.role.kind === 'primary',
  entryOf(state, lock): LockEntry | null {
    const entry = state.kind === 'server' ? state.store.entries.get(lock) : undefined;
    if (entry === undefined) return null;
    const { value, expiresAtMs } = entry;
    // A reentrant lock has one field, of its holder, with the number of holds.
    const owner = typeof value === 'string' ? value : value.kind === 'hash' ? value.fields[0]?.[0] : undefined;
    if (owner === undefined) return null;
    // A key lives through the millisecond in which it expires.
    return { owner, untilWallUs: expiresAtMs === null ? null : (expiresAtMs + 1) * 1_000 };
  },
  quorum(nodes, options): number {
    const settings = readSettings(options);
    return settings.isReplicated ? 1 : majority(serversAmong(nodes, settings));
  },
};
