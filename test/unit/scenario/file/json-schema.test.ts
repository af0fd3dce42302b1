import { fc, it as property } from '@fast-check/vitest';
import Ajv from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalogueWith } from '../../../../src/scenario/catalogue.ts';
import { keyDescriptions, scenarioJsonSchema } from '../../../../src/scenario/file/json-schema.ts';
import { parseScenarios } from '../../../../src/scenario/file/parse.ts';
import {
  quantityPatterns, readDriftRange, readDuration, readDurationRange, readRate, readShiftRange,
} from '../../../../src/scenario/file/quantity.ts';
import { corpus, inputOf } from '../../../fuzz/inputs.ts';

const root = resolve(import.meta.dirname, '../../../..');
const schema = scenarioJsonSchema(catalogueWith());
const ajv = new Ajv({ allErrors: true, jsonPointers: true });
const validate = ajv.compile(schema);

/** Where an editor would underline a text, and why. */
function complaints(text: string): string[] {
  void validate(parse(text));
  return (validate.errors ?? []).map(({ dataPath, keyword }) => `${dataPath} ${keyword}`);
}

describe('the JSON Schema of scenario files', () => {
  it('is itself one of draft-07', () => {
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#');
    expect(ajv.validateSchema(schema)).toBe(true);
  });

  const files = ['scenarios', 'test'].flatMap((folder) =>
    readdirSync(resolve(root, folder), { withFileTypes: true, recursive: true })
      .filter(({ name }) => name.endsWith('.yaml'))
      .map(({ parentPath, name }) => join(parentPath, name)));

  it('takes every scenario of this repository', () => {
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) expect(complaints(readFileSync(file, 'utf8')), file).toEqual([]);
  });

  it('takes whatever the parser takes, of damaged files, too', () => {
    const damaged = corpus();
    let taken = 0;
    for (let number = 0; number < 2_000; number += 1) {
      const { kind, bytes } = inputOf(9, number, damaged);
      const isScenario = kind === 'scenario'
        && parseScenarios(bytes, { fileName: 'a', catalogue: catalogueWith() }).ok;
      if (!isScenario) continue;
      taken += 1;
      expect(complaints(bytes.toString('utf8')), bytes.toString('utf8')).toEqual([]);
    }
    expect(taken).toBeGreaterThan(100);
  });

  const head = 'name: a\nsystem: { protocol: raft, nodes: 5 }\n';
  it.each([
    ['a missing name', 'system: { protocol: raft }', ' required'],
    ['a key that does not exist', `${head}durration: 5s`, ' additionalProperties'],
    ['a key that does not exist, further down', `${head}clients: { cuont: 5 }`, '/clients additionalProperties'],
    ['a text for a number', `${head}clients: { count: many }`, '/clients/count type'],
    ['too many nodes', 'name: a\nsystem: { protocol: raft, nodes: 100 }', '/system/nodes maximum'],
    ['a unit that does not exist', `${head}duration: 5h`, '/duration pattern'],
    ['a rate with the unit of a duration', `${head}network: { loss: 3ms }`, '/network/loss pattern'],
    ['a range for one duration', `${head}clients: { timeout: 1..2s }`, '/clients/timeout pattern'],
    ['a workload that does not exist', `${head}workload: { kind: apend }`, '/workload/kind enum'],
    ['a fault that does not exist', `${head}faults: [{ at: 1s, krash: leader }]`, '/faults/0 additionalProperties'],
    ['a fault time without a unit', `${head}faults: [{ at: soon, crash: leader }]`, '/faults/0/at pattern'],
    ['a verdict that does not exist', `${head}expect: { linearizable: bad }`, '/expect/linearizable enum'],
    ['an option that Raft does not have', 'name: a\nsystem: { protocol: raft, options: { hartbeat: 20ms } }',
      '/system/options additionalProperties'],
    ['an option of Raft with a wrong value', 'name: a\nsystem: { protocol: raft, options: { heartbeat: often } }',
      '/system/options/heartbeat pattern'],
    ['an option that one of several systems does not have',
      'name: a\nsystems: [redis, { protocol: raft, options: { hartbeat: 20ms } }]',
      '/systems/1/options additionalProperties'],
    ['a file with one system and with several', `${head}systems: [raft, redis]`, ' oneOf'],
    ['a file without a system', 'name: a', ' oneOf'],
  ])('refuses %s', (_what, text, complaint) => { expect(complaints(text)).toContain(complaint); });

  it('leaves the options of a protocol that it does not know alone', () => {
    expect(complaints('name: a\nsystem: { protocol: my-own, options: { anything: 5 } }\ndefect: my-own/x')).toEqual([]);
  });

  it('describes no key that does not exist', () => {
    const described = new Set(JSON.stringify(schema).match(/"description":"(?:[^"\\]|\\.)*"/g));
    for (const [key, text] of Object.entries(keyDescriptions)) {
      expect(described.has(`"description":${JSON.stringify(text)}`), key).toBe(true);
    }
  });
});

describe('the look of quantities', () => {
  const amount = fc.stringMatching(/^ ?[+-]?\d{1,4}(\.\d{1,3})? ?(us|ms|s|m|%|ppm|h)? ?$/);
  const quantity = fc.oneof(amount, fc.tuple(amount, amount).map((ends) => ends.join('..')), fc.string());

  property.prop([quantity], { seed: 6, numRuns: 4_000 })('takes every text that the readers take', (text) => {
    const look = (pattern: string): boolean => new RegExp(pattern, 'u').test(text);
    if (readDuration(text).ok) expect(look(quantityPatterns.duration), text).toBe(true);
    if (readDurationRange(text).ok) expect(look(quantityPatterns.durationRange), text).toBe(true);
    if (readShiftRange(text).ok) expect(look(quantityPatterns.durationRange), text).toBe(true);
    if (readRate(text).ok) expect(look(quantityPatterns.rate), text).toBe(true);
    if (readDriftRange(text).ok) expect(look(quantityPatterns.rateRange), text).toBe(true);
  });
});
