import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { corpus, inputOf } from './inputs.ts';
import { Judge } from './judge.ts';

// `npm run fuzz`: reads damaged files, and complains about each that does not end in a result or in an error with its
// place. A child reads them, because what is looked for may take a whole process down, or keep it for ever.

/** So long an input may keep the child before it counts as endless. */
const ENDLESS_MS = 20_000;
const PROGRESS_MS = 5_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100000' },
    only: { type: 'string' },
    /** Of the child: the file into which it writes which input it reads. */
    child: { type: 'string' },
    from: { type: 'string', default: '0' },
  },
});
const seed = Number(values.seed);
const count = Number(values.count);

/** What a child found. */
interface Complaint {
  readonly number: number;
  readonly complaint: string;
}

/** Shows one input and what comes of it. */
function showOne(number: number): void {
  const input = inputOf(seed, number, corpus());
  const judge = new Judge();
  const complaint = judge.complaint(input);
  writeFileSync(judge.file, input.bytes);
  process.stdout.write(`${input.kind}, read as ${input.format}, ${input.bytes.length} bytes: ${judge.file}\n`
    + `${complaint ?? 'no complaint'}\n`);
  process.exitCode = complaint === null ? 0 : 1;
}

/** Reads all inputs from `from` on, and tells of those that give a complaint. */
function readAll(from: number, placeFile: string): void {
  const files = corpus();
  const judge = new Judge();
  const place = openSync(placeFile, 'w');
  for (let number = from; number < count; number += 1) {
    // At once, and not as a message: it must stand there if the next thing that happens is the end of this process.
    writeSync(place, String(number).padStart(12), 0);
    const complaint = judge.complaint(inputOf(seed, number, files));
    if (complaint !== null) process.send?.({ number, complaint } satisfies Complaint);
  }
  closeSync(place);
  process.disconnect();
}

/** Starts children until all inputs were read; resolves to how many gave a complaint. */
async function supervise(): Promise<number> {
  const placeFile = join(mkdtempSync(join(tmpdir(), 'quorumquake-fuzz-')), 'place');
  let complaints = 0;
  const complain = ({ number, complaint }: Complaint): void => {
    complaints += 1;
    process.stdout.write(`input ${number}: ${complaint}\n  again: npm run fuzz -- --seed ${seed} --only ${number}\n`);
  };
  const placeNow = (): number => Number(readFileSync(placeFile, 'utf8'));
  for (let from = 0; from < count;) {
    writeFileSync(placeFile, String(from));
    const args = ['--child', placeFile, '--seed', String(seed), '--count', String(count), '--from', String(from)];
    const child = fork(fileURLToPath(import.meta.url), args);
    child.on('message', (message) => { complain(message as Complaint); });
    const end = await watched(child, placeNow);
    if (end === null) break;
    complain({ number: placeNow(), complaint: end });
    from = placeNow() + 1;
  }
  return complaints;
}

/** Waits for the end of a child, or makes one: `null` if it read everything, else what became of it. */
function watched(child: ChildProcess, placeNow: () => number): Promise<string | null> {
  return new Promise((resolve) => {
    let [place, sinceMs, isEndless] = [placeNow(), performance.now(), false];
    const endless = setInterval(() => {
      const now = placeNow();
      if (now !== place) [place, sinceMs] = [now, performance.now()];
      isEndless = performance.now() - sinceMs > ENDLESS_MS;
      if (isEndless) child.kill('SIGKILL');
    }, 500);
    const progress = setInterval(() => { process.stderr.write(`${placeNow()}/${count}\n`); }, PROGRESS_MS);
    child.on('exit', (code, signal) => {
      clearInterval(endless);
      clearInterval(progress);
      const how = isEndless ? 'it does not end' : `it ends the process: ${signal ?? `exit code ${code}`}`;
      resolve(code === 0 ? null : how);
    });
  });
}

if (values.only !== undefined) showOne(Number(values.only));
else if (values.child !== undefined) readAll(Number(values.from), values.child);
else {
  const complaints = await supervise();
  process.stdout.write(`seed ${seed}: ${count} inputs, ${complaints} complaints\n`);
  process.exitCode = complaints === 0 ? 0 : 1;
}
