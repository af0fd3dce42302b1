/** What an output can show. Decided once by the host, for each stream by itself. */
export interface TextStyle {
  /** 0: no colour. 1, 2, 3: 16, 256, millions of colours. */
  readonly colourLevel: 0 | 1 | 2 | 3;
  /** Whether tables and symbols may use characters outside ASCII. */
  readonly hasUnicode: boolean;
  /** Columns of the terminal; `null` where the output is none, and tables become plain lines. */
  readonly columns: number | null;
}

// Controls, and what changes the direction of text: a claim from a stranger's file must neither move the cursor nor
// hide a line. Newline and tab stay.
const unsafe = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text that a terminal only shows: what could steer it stands as `\u{1b}`. */
export function sanitised(text: string): string {
  return text.replace(unsafe, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same on one line: newlines and tabs become spaces. */
export function oneLine(text: string): string {
  return sanitised(text.replace(/[\r\n\t]+/g, ' '));
}

/** Microseconds as seconds, to the millisecond: `15.034 s`. */
export function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(3)} s`;
}

/** `1 run`, `2 runs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Breaks text at spaces into lines of at most `width` characters; a longer word is cut. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > width) {
      lines.push(line);
      line = '';
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  return [...lines, line];
}
