/** What a checker says of a history. `unknown` is an answer: nothing to judge, or not enough budget to judge it. */
export type Verdict = 'valid' | 'invalid' | 'unknown';

/**
 * The verdict of a whole from those of its parts: one `invalid` part makes it `invalid`, else one `unknown` part
 * makes it `unknown`. No parts at all are `unknown`: where nothing was judged, nothing passed.
 */
export function mergeVerdicts(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('invalid')) return 'invalid';
  if (verdicts.length === 0 || verdicts.includes('unknown')) return 'unknown';
  return 'valid';
}
