/** Of the self-test. Written by test/compat, with `--update`, when a trace version gives it another one. */
export const pinnedFingerprint = 'e3444b8cd1357068';
