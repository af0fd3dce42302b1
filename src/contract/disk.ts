/** What stands before the first entry that a log still holds. */
export interface LogHead {
  /** How many positions were dropped: the first entry of the log has position `dropped + 1`. */
  readonly dropped: number;
  /** What the node put in their place; `undefined` while nothing was dropped. */
  readonly mark: unknown;
}

/** The head of a log of which nothing was dropped. */
export const WHOLE: LogHead = Object.freeze({ dropped: 0, mark: undefined });

/**
 * Stands for an entry of a log whose checksum fails: bits have flipped, or only a part of it was ever written. Reading
 * gives this very value; the entry itself is gone for good.
 */
export const CORRUPT: { readonly kind: 'corrupt' } = Object.freeze({ kind: 'corrupt' });

/**
 * Stands for a place of a log that was allocated ahead and is zeros, while something behind it is not: what was to be
 * written there has not reached the disk. The zeros behind the last entry are not shown.
 */
export const EMPTY: { readonly kind: 'empty' } = Object.freeze({ kind: 'empty' });

/**
 * What a disk holds, as named files of two kinds: cells (one value, replaced whole) and logs (a list of entries that
 * grows at its end, is cut from a position on, and drops its beginning). Positions in a log are one-based, and stay
 * what they are when the beginning is dropped. Values and entries are frozen and shared by reference, never copied.
 */
export interface DiskView {
  /** The value of a cell; `undefined` when it was never written. */
  cell(file: string): unknown;
  /**
   * The entries that a log holds, {@link CORRUPT} and {@link EMPTY} among them; empty when it was never written. Not to
   * be kept.
   */
  log(file: string): readonly unknown[];
  /** How many places are allocated behind the last of them. */
  room(file: string): number;
  /** What stands before them. */
  head(file: string): LogHead;
}
