/** Size of the smallest majority of `size` members. */
export function majority(size: number): number {
  return Math.floor(size / 2) + 1;
}

/**
 * The largest value that a majority has reached: sorts `values` in place, ascending. For commit indices: the highest
 * index that at least a majority of the values is not below. `values` must not be empty.
 */
export function reachedByMajority(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length - majority(values.length)] ?? 0;
}
