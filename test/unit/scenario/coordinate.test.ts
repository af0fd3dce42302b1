import { fc, it as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  formatCoordinate, isSeed, parseCoordinate, slugOf, type Coordinate,
} from '../../../src/scenario/coordinate.ts';

const hash = '0123456789ab';
const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const path = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('/'));
const coordinates: fc.Arbitrary<Coordinate> = fc.record({
  slug: path,
  hash: fc.stringMatching(/^[0-9a-f]{12}$/),
  system: path,
  defect: fc.option(path),
  seed: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter(isSeed),
}).chain((parts) => fc.option(fc.nat(), { nil: undefined })
  .map((event) => (event === undefined ? parts : { ...parts, event })))
  .chain(({ system, ...parts }) => fc.boolean().map((isNamed) => (isNamed ? { ...parts, system } : parts)));

describe('a coordinate', () => {
  property.prop([coordinates], { seed: 1, numRuns: 1_000 })('is read back as it was written', (coordinate) => {
    expect(parseCoordinate(formatCoordinate(coordinate))).toEqual({ ok: true, coordinate });
  });

  property.prop([fc.string({ unit: 'binary' })], { seed: 2, numRuns: 1_000 })('of any text throws nothing', (text) => {
    const parsed = parseCoordinate(text);
    if (parsed.ok) expect(formatCoordinate(parsed.coordinate)).toBe(text);
    else expect(parsed.message).toContain('not a coordinate');
  });

  it('has a defect with slashes in it', () => {
    const text = `raft/some-claim@${hash}+raft/vote-not-durable/7#42`;
    expect(parseCoordinate(text)).toEqual({
      ok: true,
      coordinate: { slug: 'raft/some-claim', hash, defect: 'raft/vote-not-durable', seed: '7', event: 42 },
    });
  });

  it('has several defects that are armed together', () => {
    const text = `raft/some-claim@${hash}+client/unknown-as-failed+raft/vote-not-durable/7`;
    const parsed = parseCoordinate(text);
    expect(parsed.ok && parsed.coordinate.defect).toBe('client/unknown-as-failed+raft/vote-not-durable');
    expect(parsed.ok && formatCoordinate(parsed.coordinate)).toBe(text);
  });

  it('names one of the systems of a file, and its defect', () => {
    const run = { slug: 'locks/x', hash, system: 'raft-lock', seed: '7' };
    expect(parseCoordinate(`locks/x@${hash}/raft-lock/7`)).toEqual({ ok: true, coordinate: { ...run, defect: null } });
    expect(parseCoordinate(`locks/x@${hash}/raft-lock+lease/renew-race/7`)).toEqual({
      ok: true, coordinate: { ...run, defect: 'lease/renew-race' },
    });
  });

  it('takes a plus in a seed for a part of the seed', () => {
    const parsed = parseCoordinate(`a@${hash}/1+1`);
    expect(parsed.ok && parsed.coordinate).toEqual({ slug: 'a', hash, defect: null, seed: '1+1' });
  });

  it.each([
    ['', 'no `@`'],
    [`raft/x${hash}/7`, 'no `@`'],
    [`@${hash}/7`, 'before `@`'],
    [`../x@${hash}/7`, 'before `@`'],
    [`/etc/x@${hash}/7`, 'before `@`'],
    [`a//b@${hash}/7`, 'before `@`'],
    [`a;b@${hash}/7`, 'before `@`'],
    ['a@0123456789AB/7', 'twelve hexadecimal'],
    ['a@0123456789a/7', 'twelve hexadecimal'],
    [`a@${hash}`, 'no `/`'],
    [`a@${hash}c/7`, 'followed by'],
    [`a@${hash}//7`, 'a system'],
    [`a@${hash}/../7`, 'a system'],
    [`a@${hash}/raft lock/7`, 'white space'],
    [`a@${hash}+/7`, 'a defect'],
    [`a@${hash}+raft/../x/7`, 'a defect'],
    [`a@${hash}+raft/x+/7`, 'a defect'],
    [`a@${hash}++raft/x/7`, 'a defect'],
    [`a@${hash}/`, 'a seed'],
    [`a@${hash}/a@b`, 'a seed'],
    [`a@${hash}/7\u202e`, 'a seed'],
    [`a@${hash}/7#`, 'number of an event'],
    [`a@${hash}/7#-1`, 'number of an event'],
    [`a@${hash}/7#01`, 'number of an event'],
    [`a@${hash}/7#1#2`, 'number of an event'],
    [`a@${hash}/7 `, 'white space'],
    [`a@${hash}/7\n`, 'white space'],
    [`${'a'.repeat(1_000)}@${hash}/7`, 'characters'],
  ])('is not %j', (text, why) => {
    const parsed = parseCoordinate(text);
    expect(parsed.ok ? '' : parsed.message).toContain(why);
  });

  it('is never written in a way that reads differently', () => {
    for (const seed of ['', 'a b', 'a/b', 'a#b']) {
      expect(() => formatCoordinate({ slug: 'a', hash, defect: null, seed })).toThrow();
    }
    expect(() => formatCoordinate({ slug: '../a', hash, defect: null, seed: '1' })).toThrow();
    expect(() => formatCoordinate({ slug: 'a', hash: 'x', defect: null, seed: '1' })).toThrow();
  });
});

describe('a slug', () => {
  it.each([
    ['scenarios/raft/some-claim.yaml', 'raft/some-claim'],
    ['./scenarios/raft/some-claim.yml', 'raft/some-claim'],
    ['raft/some-claim.yaml', 'raft/some-claim'],
    ['scenarios.yaml', 'scenarios'],
    ['mine/scenarios/x.yaml', 'mine/scenarios/x'],
    ['../a..b/./x.yaml', '__/a__b/x'],
    ['/tmp/x y.yaml', 'tmp/x_y'],
    ['C:\\raft\\é😀@#.yaml', 'C_/raft/____'],
    ['.yaml', 'scenario'],
  ])('of %j is %j', (file, slug) => {
    expect(slugOf(file)).toBe(slug);
  });

  property.prop([fc.string({ unit: 'binary', maxLength: 60 })], { seed: 3, numRuns: 500 })(
    'of any path makes a coordinate', (file) => {
      const coordinate = { slug: slugOf(file), hash, defect: null, seed: '1' };
      expect(parseCoordinate(formatCoordinate(coordinate))).toEqual({ ok: true, coordinate });
    },
  );
});
