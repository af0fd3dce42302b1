/**
 * Anything that travels between processes. A protocol joins its messages into a union on `kind`, whose value is the
 * paper's name. Messages travel by reference: nobody writes to one after it was sent (a debug mode freezes them).
 */
export interface Message {
  readonly kind: string;
}

/** Plain data that a protocol carries without looking inside. */
export type Plain =
  | undefined
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };
