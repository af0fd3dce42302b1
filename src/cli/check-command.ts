import type { ExitCode } from '../explore/exit-code.ts';
import { deadline } from '../host/clock.ts';
import { readHistoryFile } from '../host/files.ts';
import { StandardOutput } from '../host/output.ts';
import { HostError } from '../host/problem.ts';
import { checkJson, checkText } from '../report/check.ts';
import { oneLine } from '../report/text.ts';
import { checkHistory, isModelName, parseValue, MODEL_NAMES, type HistoryFormat } from '../run/check.ts';

/** Options of `check`, as commander hands them over. */
export interface CheckOptions {
  readonly model?: string;
  readonly format: HistoryFormat | 'auto';
  readonly reporter: 'list' | 'json';
  readonly failedCas?: 'ignore' | 'observe';
  readonly nilRead?: 'unknown' | 'initial';
  readonly equalTimes?: 'ordered' | 'concurrent';
  /** JSON. */
  readonly initial?: string;
  /** Milliseconds. */
  readonly timeLimit?: number;
}

const exitCodes = { valid: 0, invalid: 1, unknown: 2 } as const;

/** `check FILE`: judges a stored history. */
export async function checkCommand(file: string, options: CheckOptions): Promise<ExitCode> {
  const { model = null, format, failedCas, nilRead, equalTimes } = options;
  if (model !== null && !isModelName(model)) {
    throw new HostError(64, `there is no model ${model}`, `there are ${MODEL_NAMES.join(', ')}`);
  }
  const text = readHistoryFile(file);
  const check = checkHistory(text, {
    format, model, failedCas, nilRead, equalTimes, initial: parseInitial(options.initial),
    shouldStop: deadline(options.timeLimit ?? null),
  });
  if (check.kind === 'no-model') throw new HostError(64, `${file}: ${check.message}`, 'use --model M');
  if (check.kind === 'malformed') {
    const lines = check.problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${oneLine(message)}`);
    throw new HostError(65, lines.join('\n'));
  }
  const output = new StandardOutput(process.stdout);
  output.write(options.reporter === 'json' ? checkJson(check.result) : checkText(check.result));
  await output.flush();
  return exitCodes[check.result.verdict];
}

function parseInitial(text: string | undefined): ReturnType<typeof parseValue> {
  const value = text === undefined ? undefined : parseValue(text);
  if (text === undefined || value !== undefined) return value;
  throw new HostError(64, `--initial ${text} is no JSON`, `a number, null, or a text in quotes: '"x"'`);
}
