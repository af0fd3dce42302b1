import type { NodeId } from '../../kernel/ids.ts';

/** Every server listens there. */
export const PORT = '6379';

/**
 * What Redis answers, by the kinds of its wire protocol (RESP 2). Integers are numbers here: what is beyond 2^53 loses
 * digits on its way to a client, and in no key.
 */
export type Reply =
  | { readonly kind: 'status'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'bulk'; readonly text: string }
  | { readonly kind: 'nil' }
  | { readonly kind: 'array'; readonly items: readonly Reply[] };

export const OK: Reply = Object.freeze({ kind: 'status', text: 'OK' });
export const NIL: Reply = Object.freeze({ kind: 'nil' });

export function bulk(text: string): Reply {
  return { kind: 'bulk', text };
}

export function integer(value: number): Reply {
  return { kind: 'integer', value };
}

/** The address of a node in replies is its number; those of names begin at 1. */
export function hostOf(node: NodeId): Reply {
  return bulk(String(node + 1));
}

/** `text` without the prefix that most errors share. */
export function failure(text: string): Reply {
  return { kind: 'error', text: `ERR ${text}` };
}

export const NOT_AN_INTEGER: Reply = Object.freeze(failure('value is not an integer or out of range'));
export const WRONG_TYPE: Reply = Object.freeze(
  { kind: 'error', text: 'WRONGTYPE Operation against a key holding the wrong kind of value' });
export const SYNTAX_ERROR: Reply = Object.freeze(failure('syntax error'));
