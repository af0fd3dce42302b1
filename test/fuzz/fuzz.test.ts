import { describe, expect, it } from 'vitest';
import { HostError } from '../../src/host/problem.ts';
import { corpus, inputOf, type FuzzInput } from './inputs.ts';
import { Judge, readers, type Subject } from './judge.ts';

const files = corpus();

describe('damaged scenarios and histories', () => {
  it('end in a result or in an error with its place, and leave every prototype alone', { timeout: 300_000 }, () => {
    const judge = new Judge();
    const complaints: string[] = [];
    for (let number = 0; number < 600; number += 1) {
      const complaint = judge.complaint(inputOf(1, number, files));
      if (complaint !== null) complaints.push(`npm run fuzz -- --seed 1 --only ${number}: ${complaint}`);
    }
    expect(complaints).toEqual([]);
  });

  it('are the same for the same seed and number, and of every kind', () => {
    const inputs = Array.from({ length: 60 }, (_, number) => inputOf(5, number, files));
    expect(inputs).toEqual(Array.from({ length: 60 }, (_, number) => inputOf(5, number, files)));
    expect(new Set(inputs.map(({ kind }) => kind)).size).toBe(4);
    expect(new Set(inputs.map(({ bytes }) => bytes.toString('hex'))).size).toBeGreaterThan(50);
  });

  it('reach behind the parsers often enough: some are still results, of each kind', () => {
    const judged = new Set<string>();
    const judge = new Judge((input, file) => {
      const end = readers(input, file);
      judged.add(`${input.kind} ${end.exitCode === 65 ? 'refused' : 'read'}`);
      return end;
    });
    for (let number = 0; number < 400; number += 1) judge.complaint(inputOf(2, number, files));
    expect(judged.size).toBe(8);
  });
});

describe('a reader is complained about', () => {
  const input: FuzzInput = { kind: 'scenario', format: 'auto', bytes: Buffer.from('name: a\nwhy: b\n') };
  const refusing = (text: string): Subject => (_input, file) =>
    ({ exitCode: 65, out: '', err: text.replaceAll('FILE', file) });
  const spoil = (): void => { Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true }); };

  it.each<[string, Subject, string]>([
    ['that throws', () => { throw new TypeError('x is undefined'); }, 'it throws: TypeError'],
    ['that takes long', () => {
      const before = process.cpuUsage();
      while (process.cpuUsage(before).user < 1_100_000);
      return { exitCode: 0, out: '', err: '' };
    }, 'it takes '],
    ['that reaches a prototype', () => {
      spoil();
      return { exitCode: 0, out: '', err: '' };
    }, 'it changes a prototype'],
    ['that ends as if it had failed itself', () => ({ exitCode: 70, out: '', err: 'internal' }), 'it exits with 70'],
    ['that calls a bad scenario bad usage', () => ({ exitCode: 64, out: '', err: 'x' }), 'it exits with 64'],
    ['that names no place', refusing('the file is bad'), 'no place in'],
    ['that names a line behind the end', refusing('FILE:4:1: bad'), 'no such place'],
    ['that names a column behind the end', refusing('FILE:1:9: bad'), 'no such place'],
    ['that counts from 0', refusing('FILE:1:0: bad'), 'no such place'],
    ['that shows a stack', refusing('FILE:1:1: bad\n    at f (file.js:1:2)'), 'it shows a stack'],
    ['that steers the terminal', refusing('FILE:1:1: \u001b[2J'), 'it steers the terminal'],
  ])('%s', (_what, subject, complaint) => {
    try {
      expect(new Judge(subject).complaint(input)).toContain(complaint);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
  });

  it('and not about one that names places and gives results', () => {
    for (const subject of [refusing('FILE:2:7: bad\n  why: b\nFILE:3:1: worse'), readers]) {
      expect(new Judge(subject).complaint(input)).toBeNull();
    }
    const missing: Subject = () => { throw new HostError(65, 'x'); };
    expect(new Judge(missing).complaint(input)).toContain('it throws');
  });
});
