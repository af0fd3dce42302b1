import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadline } from '../../src/host/clock.ts';
import { execute } from '../../src/host/execute.ts';
import { readHistoryFile } from '../../src/host/files.ts';
import { HostError } from '../../src/host/problem.ts';
import { loadScenarios } from '../../src/host/scenarios.ts';
import { checkJson, checkText } from '../../src/report/check.ts';
import { oneLine, sanitised } from '../../src/report/text.ts';
import { checkHistory } from '../../src/run/check.ts';
import { run } from '../../src/run/run.ts';
import { catalogueWith } from '../../src/scenario/catalogue.ts';
import type { FuzzInput } from './inputs.ts';

/** What reading an input came to, as a command would tell it. */
export interface FuzzEnd {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** What is put to the test: gets an input, and the path of a file that holds it. */
export type Subject = (input: FuzzInput, file: string) => FuzzEnd;

/** Longest that one input may keep a processor busy, in milliseconds. */
const busyMsMax = 1_000;
const catalogue = catalogueWith();

/** The readers of the tool, used as its commands use them but for the processes. Throws only for a bug. */
export const readers: Subject = (input, file) => {
  try {
    return { exitCode: 0, err: '', ...(input.kind === 'scenario' ? runOf(file) : verdictOf(input, file)) };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { exitCode: error.exitCode, out: '', err: sanitised(error.message) };
  }
};

/** A damaged scenario may still be one: then a few of its events take place. */
function runOf(file: string): { readonly out: string } {
  const entries = loadScenarios([file], catalogue).map(({ entry }) => {
    const { scenario } = entry;
    const limits = { ...scenario.limits, events: Math.min(2_000, scenario.limits.events) };
    return { ...entry, scenario: { ...scenario, limits } };
  });
  const job = { entry: 0, seed: '1', without: [], history: 'never', trace: false, verify: false } as const;
  const { result } = execute({ entries, module: null, run }, job);
  if (result.outcome === 'error') throw new Error(result.reason ?? 'an error without a reason');
  return { out: result.outcome };
}

function verdictOf({ format }: FuzzInput, file: string): FuzzEnd {
  const check = checkHistory(readHistoryFile(file), { format, model: null, shouldStop: deadline(300) });
  if (check.kind === 'no-model') return { exitCode: 64, out: '', err: sanitised(check.message) };
  if (check.kind === 'malformed') {
    const lines = check.problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${oneLine(message)}`);
    return { exitCode: 65, out: '', err: lines.join('\n') };
  }
  const exitCode = { valid: 0, invalid: 1, unknown: 2 }[check.result.verdict];
  return { exitCode, out: checkJson(check.result) + checkText(check.result), err: '' };
}

/** Feeds inputs to a subject, and complains. */
export class Judge {
  /** Where each input lies while it is read. */
  readonly file: string = join(mkdtempSync(join(tmpdir(), 'quorumquake-fuzz-')), 'input.yaml');
  private readonly subject: Subject;
  private readonly prototypes = prototypeKeys();

  constructor(subject: Subject = readers) {
    this.subject = subject;
  }

  /** What is wrong with how the subject took an input; `null` if nothing is. */
  complaint(input: FuzzInput): string | null {
    writeFileSync(this.file, input.bytes);
    const before = process.cpuUsage();
    let end: FuzzEnd;
    try {
      end = this.subject(input, this.file);
    } catch (error) {
      return `it throws: ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
    }
    const { user, system } = process.cpuUsage(before);
    const busyMs = Math.round((user + system) / 1000);
    if (busyMs > busyMsMax) return `it takes ${busyMs} ms`;
    if (prototypeKeys() !== this.prototypes) return 'it changes a prototype';
    return complaintOfText(end, input, this.file);
  }
}

/** What is wrong with the words of an end. */
export function complaintOfText({ exitCode, out, err }: FuzzEnd, input: FuzzInput, file: string): string | null {
  const allowed = input.kind === 'scenario' ? [0, 65] : [0, 1, 2, 64, 65];
  if (!allowed.includes(exitCode)) return `it exits with ${exitCode}: ${err}`;
  if (/^\s+at .*:\d+:\d+\)?$/m.test(`${out}${err}`)) return `it shows a stack: ${err}`;
  if (/(?![\n\t])[\p{Cc}\u2028\u2029\u202a-\u202e]/u.test(err)) return `it steers the terminal: ${JSON.stringify(err)}`;
  if (exitCode !== 65) return null;
  const places = err.split('\n').filter((line) => line.startsWith(file));
  if (!err.startsWith(file) || places.length === 0) return `no place in: ${err}`;
  const lines = input.bytes.toString('utf8').replace(/^\ufeff/, '').split('\n');
  for (const place of places) {
    const [, line, column] = /^:(\d+):(\d+): \S/.exec(place.slice(file.length)) ?? [];
    const length = lines[Number(line) - 1]?.length;
    const isThere = length !== undefined && Number(column) >= 1 && Number(column) <= length + 1;
    if (!isThere) return `no such place: ${place}`;
  }
  return null;
}

function prototypeKeys(): string {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype]
    .map((prototype) => Reflect.ownKeys(prototype).length).join();
}
