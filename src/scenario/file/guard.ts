import { CST, Lexer } from 'yaml';
import { SourceText, type Problem } from './problem.ts';

const bytesMax = 256 * 1024;
const depthMax = 32;
const aliasesMax = 50;
/** The parser takes some 10 µs for each, and more where the file is wrong. */
const tokensMax = 60_000;

/** What {@link guardText} made of a file. */
export type GuardedText =
  | { readonly ok: true; readonly source: SourceText }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Refuses what must not reach the YAML parser, which can abort the process on deep nesting: large files, files that
 * are not text, nesting, and the parts of YAML that scenarios have no use for. Bytes are decoded strictly; a text that
 * was decoded elsewhere must not carry the marks of a failed decoding.
 */
export function guardText(content: string | Uint8Array, file: string): GuardedText {
  const refuse = (text: string, offset: number, message: string, hint?: string): GuardedText =>
    ({ ok: false, problems: [new SourceText(file, text).problem(offset, message, hint)] });

  // Every UTF-16 unit takes at least one byte, so a long string need not be encoded to be refused.
  const isLarge = content.length > bytesMax || (typeof content === 'string' && utf8Length(content) > bytesMax);
  if (isLarge) return refuse('', 0, `the file is larger than ${bytesMax / 1024} KiB: this is not a scenario`);
  const decoded = typeof content === 'string' ? content : decode(content);
  if (decoded === null) return refuse('', 0, 'the file is not text in UTF-8');
  const text = decoded.startsWith('\ufeff') ? decoded.slice(1) : decoded; // Editors count columns without this mark.
  const foreign = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\p{Cs}]/u.exec(text);
  if (foreign !== null) {
    const what = foreign[0] === '\ufffd' ? 'this was not UTF-8' : 'a control character';
    // The line of a binary file says nothing to a person.
    const { line, column } = new SourceText(file, text).problem(foreign.index, '');
    return { ok: false, problems: [{ file, line, column, message: `the file is not text: ${what}`, sourceLine: '' }] };
  }

  const source = new SourceText(file, text);
  const problem = guardTokens(source);
  return problem === null ? { ok: true, source } : { ok: false, problems: [problem] };
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

const refused: Partial<Record<CST.TokenType, string>> = {
  'explicit-key-ind': 'explicit keys (`? `) are not used in scenarios',
  'tag': 'tags (`!…`) are not used in scenarios: a scenario is plain data',
  'directive-line': 'directives (`%…`) are not used in scenarios',
  'byte-order-mark': 'a second byte order mark',
};

/**
 * One pass over the tokens, which come one by one: what stands behind a refused one is never read. (The lexer calls
 * itself for each `- ` of `- - - -`, so even lexing to the end would be too late.)
 */
function guardTokens(source: SourceText): Problem | null {
  /** Columns at which the open block collections began. */
  const columns: number[] = [];
  /** Of each open bracket, whether its item has a key already. */
  const flowKeys: boolean[] = [];
  let aliases = 0;
  let offset = 0;
  let lineStart = 0;
  /** Nothing but indentation and `- ` so far on this line. */
  let isLineStart = true;
  let isScalar = false;
  /** A key was found on this line, outside brackets. */
  let hasKey = false;
  let tokens = 0;

  for (const token of new Lexer().lex(source.text)) {
    if (token === CST.SCALAR || token === CST.DOCUMENT || token === CST.FLOW_END) {
      isScalar = token === CST.SCALAR; // A mark, of no length in the source: the scalar itself comes next.
      continue;
    }
    const type = isScalar ? 'scalar' : CST.tokenType(token);
    isScalar = false;
    if ((tokens += 1) > tokensMax) return source.problem(offset, 'the file goes on for too long');
    const refusal = type === null ? undefined : refused[type];
    if (refusal !== undefined) return source.problem(offset, refusal);
    if (type === 'alias' && (aliases += 1) > aliasesMax) {
      return source.problem(offset, `more than ${aliasesMax} aliases`);
    }

    const isFlow = flowKeys.length > 0;
    if (type === 'map-value-ind') {
      // Each would be nested into the one before.
      if (isFlow ? flowKeys.at(-1) === true : hasKey) {
        const where = isFlow ? 'before a comma' : 'in this line';
        return source.problem(offset, `a second \`: \` ${where}`, 'put the text into quotes');
      }
      if (isFlow) flowKeys[flowKeys.length - 1] = true;
      else hasKey = true;
    }
    if (type === 'comma' && isFlow) flowKeys[flowKeys.length - 1] = false;
    // After `a:`, `&a` or `---` no list may begin on the same line, but the lexer nests into one before that is told.
    const isContent = type !== 'space' && type !== 'comment' && type !== 'newline';
    if (!isFlow && (isLineStart ? isContent : type === 'seq-item-ind')) {
      const column = offset - lineStart;
      while ((columns.at(-1) ?? -1) > column) columns.pop();
      // A bracket counts for itself, below.
      const isBracket = type === 'flow-map-start' || type === 'flow-seq-start';
      if (!isBracket && columns.at(-1) !== column) columns.push(column);
      isLineStart = type === 'seq-item-ind';
    }
    if (type === 'flow-map-start' || type === 'flow-seq-start') flowKeys.push(false);
    if (type === 'flow-map-end' || type === 'flow-seq-end') flowKeys.pop();
    if (columns.length + flowKeys.length > depthMax) return source.problem(offset, `nested more than ${depthMax} deep`);

    const lineEnd = token.lastIndexOf('\n');
    if (lineEnd !== -1) lineStart = offset + lineEnd + 1;
    if (token.endsWith('\n')) {
      isLineStart = true;
      hasKey = false;
    }
    offset += token.length;
  }
  return null;
}
