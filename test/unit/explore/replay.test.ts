import { describe, expect, it } from 'vitest';
import { armed, chooseReplay, shellQuoted } from '../../../src/explore/replay.ts';
import { scenarioHash12 } from '../../../src/scenario/hash.ts';
import { entryOf } from '../../support/cli/results.ts';

const entry = entryOf('raft/one');
const coordinate = { slug: entry.slug, hash: scenarioHash12(entry.scenario), defect: null, seed: '7' };

describe('a replay', () => {
  it('takes the file whose hash the coordinate has, not the first of that name', () => {
    const edited = entryOf('raft/one', 'check: [linearizable]\nclients: { count: 1 }\n');
    expect(chooseReplay(coordinate, [edited, entry])).toEqual({ ok: true, entry });
  });

  it('arms the defect of the coordinate', () => {
    const withDefect = armed(entry, 'raft/vote-not-durable');
    const hash = scenarioHash12(withDefect.scenario);
    const choice = chooseReplay({ ...coordinate, defect: 'raft/vote-not-durable', hash }, [entry]);
    expect(choice).toEqual({ ok: true, entry: withDefect });
  });

  it('refuses an edited scenario and names both hashes', () => {
    const choice = chooseReplay({ ...coordinate, hash: '000000000000' }, [entry]);
    expect(choice.ok).toBe(false);
    const message = choice.ok ? '' : choice.message;
    expect(message).toContain('000000000000');
    expect(message).toContain(`scenarios/raft/one.yaml has the hash ${coordinate.hash}`);
  });
});

describe('a quoted argument', () => {
  it('survives every character that a shell could take for its own', () => {
    expect(shellQuoted('a$b `c` "d" \\ !')).toBe("'a$b `c` \"d\" \\ !'");
    expect(shellQuoted("it's")).toBe("'it'\\''s'");
  });
});
