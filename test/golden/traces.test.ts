import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/run/run.ts';
import { requestOf } from '../support/determinism/scenarios.ts';

/** A phenomenon in a run so short that a person reads all of its trace, and what must be in there to be it. */
const phenomena: Readonly<Record<string, (trace: string) => void>> = {
  'three-nodes-elect-a-leader': (trace) => {
    expect(trace.match(/event: "became-leader"/g)).toHaveLength(1);
    expect(trace).toMatch(/event: "became-candidate"[^]*event: "granted-vote"[^]*became-leader"[^]*event: "committed"/);
  },

  'a-vote-waits-for-its-sync': (trace) => {
    const [, grantedAt, voter] = /^#\d+ (\S+) (n\d) <- .*\n {2}note .*granted-vote.*\n {2}put vote/m.exec(trace) ?? [];
    const reply = new RegExp(`^#\\d+ (\\S+) ${voter} persisted.*\n {2}send ${voter} .*voteGranted: true`, 'm');
    const [, sentAt] = reply.exec(trace) ?? [];
    expect(Number(sentAt) - Number(grantedAt)).toBeCloseTo(0.015, 6);
    expect(trace.match(/send n\d .*RequestVoteReply.*voteGranted: true/)?.index)
      .toBeGreaterThan(reply.exec(trace)?.index ?? Infinity);
  },

  'a-paused-leader-wakes-up': (trace) => {
    const [, paused] = /^ {2}pause (n\d)$/m.exec(trace) ?? [];
    const [asleep = '', awake = ''] = trace.split(/^ {2}pause n\d$/m)[1]?.split(`  resume ${paused}\n`) ?? [];
    expect(asleep).toMatch(/note n\d \{event: "became-leader", term: 2\}/);
    expect(asleep).not.toMatch(new RegExp(`^ {2}send ${paused} `, 'm'));
    expect(awake).toContain(`note ${paused} {event: "stepped-down", term: 2}`);
  },
};

describe('the full trace of a short run', () => {
  it.each(Object.entries(phenomena))('%s', async (name, expectPhenomenon) => {
    const text = readFileSync(join(import.meta.dirname, `${name}.yaml`), 'utf8');
    const { trace } = run({ ...requestOf(text, '1', name), trace: true });
    const lines = (trace ?? []).map((line) => `${line}\n`);
    expectPhenomenon(lines.join(''));
    expect(lines.length).toBeLessThanOrEqual(150);
    await expect(lines.join('')).toMatchFileSnapshot(`${name}.trace`);
  });
});
