import { describe, expect, it } from 'vitest';
import { armed, chooseReplay, shellQuoted } from '../../../src/explore/replay.ts';
import type { ScenarioEntry } from '../../../src/explore/job.ts';
import type { Coordinate } from '../../../src/scenario/coordinate.ts';
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

describe('a replay of one system of several', () => {
  const several = ['raft', 'redis'].map((system): ScenarioEntry => {
    const { scenario, ...file } = entry;
    const named = { ...scenario, system: { ...scenario.system, protocol: system } };
    return { ...file, scenario: named, part: { system, leftOut: [] } };
  });
  const [raft, redis] = several as [ScenarioEntry, ScenarioEntry];
  const ofRedis = { ...coordinate, system: 'redis', hash: scenarioHash12(redis.scenario) };

  it('takes the one that the coordinate names', () => {
    expect(chooseReplay(ofRedis, several)).toEqual({ ok: true, entry: redis });
  });

  it('finds a run that was made when the file had no other', () => {
    expect(chooseReplay(coordinate, several)).toEqual({ ok: true, entry: raft });
    expect(chooseReplay({ ...coordinate, system: 'raft' }, [entry])).toEqual({ ok: true, entry });
  });

  it('refuses a system that the file does not have, and the hash of another one', () => {
    const told = (other: Coordinate): string => {
      const choice = chooseReplay(other, several);
      return choice.ok ? '' : choice.message;
    };
    expect(told({ ...ofRedis, system: 'redlock' })).toBe(
      'scenarios/raft/one.yaml has no system redlock, but raft, redis');
    expect(told({ ...ofRedis, system: 'raft' })).toContain('one.yaml with raft has the hash');
  });
});

describe('a quoted argument', () => {
  it('survives every character that a shell could take for its own', () => {
    expect(shellQuoted('a$b `c` "d" \\ !')).toBe("'a$b `c` \"d\" \\ !'");
    expect(shellQuoted("it's")).toBe("'it'\\''s'");
  });
});
