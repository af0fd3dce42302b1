/** Milliseconds of a real clock that never goes back. Must not reach any result. */
export function nowMs(): number {
  return performance.now();
}

/** A question for searches: whether the time is over. Without a limit it never is. */
export function deadline(limitMs: number | null): () => boolean {
  if (limitMs === null) return () => false;
  const endMs = nowMs() + limitMs;
  return () => nowMs() >= endMs;
}
