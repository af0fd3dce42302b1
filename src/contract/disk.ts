/**
 * What a disk holds, as named files of two kinds: cells (one value, replaced whole) and logs (a list of entries that
 * grows at its end and is cut from a position on). Positions in a log are one-based. Values and entries are frozen
 * and shared by reference, never copied.
 */
export interface DiskView {
  /** The value of a cell; `undefined` when it was never written. */
  cell(file: string): unknown;
  /** The entries of a log, first entry at array index 0; empty when it was never written. Not to be kept or changed. */
  log(file: string): readonly unknown[];
}
