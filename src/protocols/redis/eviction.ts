import type { RedisSettings } from './options.ts';
import type { Args, Store } from './store.ts';

/**
 * Which keys a primary deletes before the next command because there are too many, as what replicas are told. With
 * `volatile-ttl` those that expire next, as Redis does it but that it looks at samples; keys without a time stay,
 * whatever is done. Cost: the number of keys, when there are too many.
 */
export function evictions({ entries }: Store, { maxKeys, evicts }: RedisSettings): Args[] {
  const excess = isFull(entries.size, maxKeys) ? entries.size - maxKeys : 0;
  if (excess === 0 || !evicts) return [];
  const ends: { readonly key: string; readonly atMs: number }[] = [];
  for (const [key, { expiresAtMs }] of entries) if (expiresAtMs !== null) ends.push({ key, atMs: expiresAtMs });
  ends.sort((a, b) => a.atMs - b.atMs);
  return ends.slice(0, excess).map(({ key }) => ['DEL', key]);
}

/** Whether there are more keys than there may be; 0: there may be any number. */
export function isFull(keys: number, maxKeys: number): boolean {
  return maxKeys > 0 && keys > maxKeys;
}
