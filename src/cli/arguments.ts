import { InvalidArgumentError } from 'commander';
import type { SeedSelection, Shard } from '../explore/sweep.ts';
import { isSeed } from '../explore/replay.ts';

/** A reporter that was asked for, and its file; `null` is standard output. */
export interface ReporterChoice {
  readonly name: 'list' | 'json' | 'junit';
  readonly file: string | null;
}

const reporterNames: readonly ReporterChoice['name'][] = ['list', 'json', 'junit'];

/** More seeds than a machine can run in a lifetime are a typing mistake. */
const SEEDS_MAX = 1_000_000_000;
const WORKERS_MAX = 1_024;

/** `--seed`: any word that a coordinate can carry. */
export function parseSeed(text: string): string {
  const seed = text.normalize('NFC');
  if (isSeed(seed)) return seed;
  throw new InvalidArgumentError('A seed is a word without white space, "/", "#" and "@".');
}

/** `--seeds`: `100`, or `1..100` with both ends. */
export function parseSeeds(text: string): SeedSelection {
  const range = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  if (range !== null) {
    const [first, last] = [Number(range[1]), Number(range[2])];
    if (last < first) throw new InvalidArgumentError(`The range ends before it begins: ${last}..${first}?`);
    if (last - first >= SEEDS_MAX) throw new InvalidArgumentError(`At most ${SEEDS_MAX} seeds.`);
    return { kind: 'range', first, last };
  }
  return { kind: 'count', count: parseWhole(text, SEEDS_MAX, 'A count from 1, or a range like 1..100.') };
}

/** `-j`. */
export function parseWorkers(text: string): number {
  return parseWhole(text, WORKERS_MAX, `A whole number from 1 to ${WORKERS_MAX}.`);
}

/** `--shard`: `2/5` is the second of five. */
export function parseShard(text: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new InvalidArgumentError('A part and how many there are, counted from 1, like 2/5.');
  }
  return { index, count };
}

/** `--reporter`, once more: `NAME` or `NAME=FILE`. */
export function addReporter(text: string, before: readonly ReporterChoice[] = []): readonly ReporterChoice[] {
  const equals = text.indexOf('=');
  const given = equals === -1 ? text : text.slice(0, equals);
  const name = reporterNames.find((known) => known === given);
  if (name === undefined) throw new InvalidArgumentError(`There are the reporters ${reporterNames.join(', ')}.`);
  const file = equals === -1 ? null : text.slice(equals + 1);
  if (file === '') throw new InvalidArgumentError('A file name follows "=".');
  if (before.some((other) => other.file === file)) {
    const where = file === null ? 'standard output' : file;
    throw new InvalidArgumentError(`Two reporters cannot both write to ${where}; give one a file: ${name}=FILE.`);
  }
  return [...before, { name, file }];
}

/** `--time-limit`: `500ms`, `60s`, `5min`; in milliseconds. */
export function parseTimeLimit(text: string): number {
  const parts = /^(\d{1,7})(ms|s|min)$/.exec(text);
  const unit = { ms: 1, s: 1_000, min: 60_000 }[parts?.[2] ?? ''];
  if (unit === undefined) throw new InvalidArgumentError('A number and its unit: 500ms, 60s, 5min.');
  return Number(parts?.[1]) * unit;
}

function parseWhole(text: string, max: number, rule: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new InvalidArgumentError(rule);
  return value;
}
