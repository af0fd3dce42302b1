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

/** Characters that take no column: marks upon others, and selectors of their look. */
const widthless = /[\p{Mn}\p{Me}\ufe00-\ufe0f]/u;
/** Characters that take two: East Asian scripts in full width, and emoji (Unicode's East Asian Width, roughly). */
const doubleWidth = new RegExp(`[${[
  '\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\u4dbf\\u4e00-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff',
  '\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{20000}-\\u{3fffd}\\p{Emoji_Presentation}',
].join('')}]`, 'u');

/** How many columns of a terminal a text on one line takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

function widthOf(character: string): number {
  if (character < '\u0300') return 1;
  return widthless.test(character) ? 0 : doubleWidth.test(character) ? 2 : 1;
}

/** Breaks text at spaces into lines of at most `width` columns; a longer word is cut. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = '';
    }
    const [rest = '', ...before] = piecesOf(word, width).reverse();
    lines.push(...before.reverse());
    line = line === '' ? rest : `${line} ${rest}`;
  }
  return [...lines, line];
}

/** A word cut into pieces of at most `width` columns. */
function piecesOf(word: string, width: number): string[] {
  const pieces = [''];
  let columns = 0;
  for (const character of word) {
    columns += widthOf(character);
    if (columns > width) {
      pieces.push('');
      columns = widthOf(character);
    }
    pieces[pieces.length - 1] += character;
  }
  return pieces;
}
