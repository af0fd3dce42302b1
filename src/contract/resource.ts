import type { Plain } from './message.ts';

/** What a client asks of the protected resource. An object of its own is behind each key. */
export type StoreCommand =
  | { readonly kind: 'store'; readonly key: string; readonly token: number | null; readonly value: Plain }
  /** The next fencing token of a key, for this acquisition of its lock. */
  | { readonly kind: 'token'; readonly key: string; readonly owner: string };

/** What the resource answers. */
export type StoreAnswer =
  /** Applied as number `index` of all stores of this key, from 1. */
  | { readonly kind: 'stored'; readonly index: number }
  /** Not applied, and never will be: the token is lower than one that was seen. */
  | { readonly kind: 'stale-token'; readonly highest: number }
  /** Not applied: tokens are checked, and it carries none. */
  | { readonly kind: 'no-token' }
  | { readonly kind: 'token'; readonly token: number };
