/** A broken assumption of a protocol or of ours. Inside a run it becomes a violation of the checker `assertion`. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
  readonly code = 'ASSERTION';
}

/**
 * Whether something that was thrown is an {@link AssertionError}. By its code: a user's protocol may have the class
 * from another copy of this package than the one that runs it.
 */
export function isAssertionError(thrown: unknown): thrown is AssertionError {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ASSERTION';
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
