/** A broken assumption of a protocol or of ours. Inside a run it becomes a violation of the checker `assertion`. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
  readonly code = 'ASSERTION';
}

/**
 * Throws {@link AssertionError} unless `condition` holds. The text states the fact that should have held.
 * Pass a plain string: building one costs more than the check.
 */
export function assert(condition: boolean, fact: string): asserts condition {
  if (!condition) throw new AssertionError(fact);
}

/** The end of an exhaustive switch: does not compile while a case is missing, throws if data lied about its type. */
export function unreachable(value: never): never {
  throw new AssertionError(`no such case: ${JSON.stringify(value)}`);
}
