/** One thing that is wrong with a scenario file, and where. */
export interface Problem {
  readonly file: string;
  /** One-based. */
  readonly line: number;
  /** One-based, in UTF-16 units, as editors count. */
  readonly column: number;
  readonly message: string;
  /** The whole line, without its end. */
  readonly sourceLine: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** More problems than this are counted, not printed. */
const printedMax = 30;
/** A longer line is cut around its caret. */
const widthMax = 116;

/** All problems as text for a person: place, message, the line with a caret, the hint. No line end at the end. */
export function formatProblems(problems: readonly Problem[]): string {
  const blocks = problems.slice(0, printedMax).map(formatProblem);
  if (problems.length > printedMax) blocks.push(`… and ${problems.length - printedMax} more`);
  return blocks.join('\n');
}

function formatProblem({ file, line, column, message, sourceLine, hint }: Problem): string {
  const head = `${visible(file)}:${line}:${column}: ${message}`;
  const tail = hint === undefined ? [] : [`  hint: ${hint}`];
  if (sourceLine.trim() === '') return [head, ...tail].join('\n');
  const start = sourceLine.length <= widthMax ? 0 : Math.max(0, column - 1 - widthMax / 2);
  const part = sourceLine.slice(start, start + widthMax);
  const before = part.slice(0, column - 1 - start);
  // A tab stays a tab in front of the caret, or the caret would stand elsewhere.
  const indent = visible(before).replace(/[^\t]/gu, ' ');
  const [left, right] = [start > 0 ? '…' : '', start + widthMax < sourceLine.length ? '…' : ''];
  return [head, `  ${left}${visible(part)}${right}`, `  ${left === '' ? '' : ' '}${indent}^`, ...tail].join('\n');
}

/** A piece of a file in a message: short, on one line, in backquotes. */
export function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return `\`${visible(short.replace(/\s+/gu, ' '))}\``;
}

/** Files come from strangers, and what is printed can drive a terminal or turn the order of letters around. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character === '\t' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The text of one file, and where things are in it. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  /** Offset of each line, ascending. */
  private readonly lineStarts: readonly number[];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
  }

  /** A problem at an offset of the text. */
  problem(offset: number, message: string, hint?: string): Problem {
    const starts = this.lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = starts[low] ?? 0;
    const end = starts[low + 1] ?? this.text.length + 1;
    const sourceLine = this.text.slice(start, end - 1).replace(/\r$/, '');
    const place = { file: this.file, line: low + 1, column: offset - start + 1 };
    return { ...place, message, sourceLine, ...(hint === undefined ? {} : { hint }) };
  }
}
