/** Of the self-test. Written by test/compat, with `--update`, when a trace version gives it another one. */
export const pinnedFingerprint = '35709ec7f2877ea0';
