import type { RunResult } from '../run/result.ts';
import { evidenceLines } from './failure.ts';
import { seconds } from './text.ts';
import type { ReportedRun, Reporter, ReportPlan, Write } from './reporter.ts';

/**
 * JUnit's XML: a suite for each scenario, a case for each seed. `time` is simulated seconds: the time that the machine
 * took would make the bytes differ. What is unknown or vacuous is `skipped`: neither passed nor failed.
 */
export function junitReporter(write: Write, { scenarios }: ReportPlan): Reporter {
  const runs: ReportedRun[][] = scenarios.map(() => []);
  return {
    onRun: (run) => { runs[run.entry]?.push(run); },
    onEnd: () => {
      write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="quorumquake">\n');
      for (const [entry, name] of scenarios.entries()) writeSuite(write, name, runs[entry] ?? []);
      write('</testsuites>\n');
    },
  };
}

function writeSuite(write: Write, name: string, runs: readonly ReportedRun[]): void {
  const count = (tag: Tag): string => String(runs.filter((run) => tagOf(run) === tag).length);
  const time = inSeconds(runs.reduce((sum, { result }) => sum + result.simulatedUs, 0));
  const attributes = { name, tests: String(runs.length), failures: count('failure'), errors: count('error'),
    skipped: count('skipped'), time };
  write(`  <testsuite${rendered(attributes)}>\n`);
  for (const run of runs) write(caseXml(run));
  write('  </testsuite>\n');
}

function caseXml(run: ReportedRun): string {
  const { result, replay, folder } = run;
  const attributes = {
    name: `seed ${result.seed}`,
    classname: result.scenario,
    ...(result.file === null ? {} : { file: result.file, line: '1' }),
    time: inSeconds(result.simulatedUs),
  };
  const open = `    <testcase${rendered(attributes)}`;
  const tag = tagOf(run);
  if (tag === null) return `${open}/>\n`;
  const message = rendered({ message: messageOf(result) });
  if (tag === 'skipped') return `${open}>\n      <skipped${message}/>\n    </testcase>\n`;
  // Some readers show the text and not the attribute, so the line that reruns it stands in the text.
  const text = [...linesOf(result), `replay: ${replay}`, ...(folder === null ? [] : [`open: ${folder}`])].join('\n');
  return `${open}>\n      <${tag}${message}${rendered({ type: result.outcome })}>${escaped(text)}</${tag}>\n`
    + '    </testcase>\n';
}

type Tag = 'failure' | 'error' | 'skipped';

function tagOf({ standing, result }: ReportedRun): Tag | null {
  if (standing === 'expected') return null;
  if (standing !== 'unexpected') return 'skipped';
  return result.outcome === 'error' || result.outcome === 'nondeterministic' ? 'error' : 'failure';
}

function messageOf(result: RunResult): string {
  return result.reason ?? linesOf(result)[0] ?? result.outcome;
}

function linesOf(result: RunResult): readonly string[] {
  const missed = result.verdicts.filter(({ verdict, expected }) => verdict !== expected);
  return missed.flatMap((record) => {
    const { checker, verdict, expected, summary, atUs } = record;
    const at = atUs === null ? '' : ` (at ${seconds(atUs)})`;
    const what = `${checker}: ${verdict}, expected ${expected}: ${summary}${at}`;
    return [what, ...evidenceLines(record).map((line) => `  ${line}`)];
  });
}

function inSeconds(us: number): string {
  return (us / 1_000_000).toFixed(6);
}

function rendered(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes).map(([name, value]) => ` ${name}=${quoted(value)}`).join('');
}

// XML 1.0 cannot hold these at all, not even as references; nor half a surrogate pair.
const illegal = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Safe between tags. A carriage return would be read as a newline. */
function escaped(text: string): string {
  const legal = text.replace(illegal, '').replaceAll('&', '&amp;');
  return legal.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
}

/** Safe between quotes, where a line break that is not escaped would be read as a space. */
function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`;
}
