import { describe, expect, it } from 'vitest';
import { selfTestEntry } from '../../src/host/self-test.ts';
import { run } from '../../src/run/run.ts';

describe('the self-test of `doctor`', () => {
  it('has the fingerprint that is built in', async () => {
    const { scenario, file, slug } = selfTestEntry();
    const { result } = run({ scenario, file, slug, seed: '1' });
    expect(result.outcome).toBe('pass');
    expect(result.faults.length).toBeGreaterThan(2);
    const doc = 'Of the self-test. Written by test/compat, with `--update`, when a trace version gives it another one.';
    const text = `/** ${doc} */\nexport const pinnedFingerprint = '${result.fingerprint}';\n`;
    await expect(text).toMatchFileSnapshot('../../src/host/pinned-fingerprint.ts');
  });
});
