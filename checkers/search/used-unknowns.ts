/**
 * The unknown updates that a configuration has used: classes of interchangeable ones, ascending, each as often as
 * used. Never changed in place. What all configurations have used is not in it: the search subtracts that from time
 * to time, so these lists stay short however long the history is.
 */
export type UsedUnknowns = readonly number[];

export const NOTHING_USED: UsedUnknowns = [];

/** How often `unknownClass` was used. */
export function countUsed(used: UsedUnknowns, unknownClass: number): number {
  let count = 0;
  for (const member of used) if (member === unknownClass) count += 1;
  return count;
}

/** One more use of `unknownClass`. */
export function withUse(used: UsedUnknowns, unknownClass: number): UsedUnknowns {
  const position = used.findIndex((member) => member > unknownClass);
  const at = position === -1 ? used.length : position;
  return [...used.slice(0, at), unknownClass, ...used.slice(at)];
}

/** Whether `few` is a sub-multiset of `many`. */
export function holdsWithin(few: UsedUnknowns, many: UsedUnknowns): boolean {
  if (few.length === 0 || few === many) return true;
  return few.length <= many.length && inCommon(few, many).length === few.length;
}

/** The intersection of two multisets. */
export function inCommon(left: UsedUnknowns, right: UsedUnknowns): UsedUnknowns {
  const common: number[] = [];
  let position = 0;
  for (const member of left) {
    while (position < right.length && (right[position] as number) < member) position += 1;
    if (right[position] !== member) continue;
    common.push(member);
    position += 1;
  }
  return common;
}

/** `used` without `part`, which it holds. */
export function without(used: UsedUnknowns, part: UsedUnknowns): UsedUnknowns {
  const rest: number[] = [];
  let position = 0;
  for (const member of used) {
    if (part[position] === member) position += 1;
    else rest.push(member);
  }
  return rest;
}
