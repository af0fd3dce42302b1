/** Where a text is no EDN that we take, and why. `offset` counts UTF-16 units from 0. */
export class EdnTextError extends Error {
  override readonly name = 'EdnTextError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A form of EDN. `offset` is where it begins, counted as in {@link EdnTextError}; a tag is not part of it. */
export type Edn =
  | { readonly kind: 'nil'; readonly offset: number }
  | { readonly kind: 'boolean'; readonly offset: number; readonly value: boolean }
  | { readonly kind: 'number'; readonly offset: number; readonly value: number }
  /** A number that would silently become another one. Harmless where nobody uses it; `reason` says what it is. */
  | { readonly kind: 'unusable'; readonly offset: number; readonly text: string; readonly reason: string }
  /** Keywords without their colon, a namespace included. */
  | {
    readonly kind: 'string' | 'character' | 'keyword' | 'symbol';
    readonly offset: number;
    readonly text: string;
  }
  | { readonly kind: 'vector' | 'list' | 'set'; readonly offset: number; readonly items: readonly Edn[] }
  | { readonly kind: 'map'; readonly offset: number; readonly entries: readonly (readonly [Edn, Edn])[] };

const DEPTH_LIMIT = 64;
/** Such a key, assigned carelessly by anybody later, reaches the prototype of all objects. */
const FORBIDDEN_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];
/** Elements of sets and keys are compared as texts, one within the other again: so often a text may be written out. */
const COMPARED_LIMIT = 16;
/** A keyword, a symbol or a number: all up to a character that ends it. */
const TOKEN = /[^\u0000-\u0020\u007f,;"()[\]{}\\^`~@]+/y;
const PLAIN_CHARACTERS = /[^"\\\u0000]*/y;
const COMMENT = /;[^\n]*/y;
const INTEGER = /^[+-]?(?:0|[1-9]\d*|0[xX][\da-fA-F]+)$/;
const DECIMAL = /^[+-]?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?$/;
const RATIO = /^[+-]?\d+\/\d+$/;
const OCTAL = /[0-3]?[0-7]{1,2}/y;
const ESCAPED: Readonly<Record<string, string>> = {
  '"': '"', '\\': '\\', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t',
};
const NAMED_CHARACTERS: Readonly<Record<string, string>> = {
  newline: '\n', return: '\r', space: ' ', tab: '\t', formfeed: '\f', backspace: '\b',
};

/** The name under which a map key stands in an object: of a text, keyword or symbol itself, of all else its EDN. */
export function keyName(key: Edn): string {
  return 'text' in key && key.kind !== 'unusable' ? key.text : ednText(key);
}

/** Writes a form on one line. Forms that are written alike give the same text, in whatever way they were spelt. */
export function ednText(form: Edn): string {
  switch (form.kind) {
    case 'nil':
      return 'nil';
    case 'boolean':
    case 'number':
      return String(form.value);
    case 'string':
      return JSON.stringify(form.text);
    case 'character':
      return `\\${form.text}`;
    case 'keyword':
      return `:${form.text}`;
    case 'symbol':
    case 'unusable':
      return form.text;
    case 'vector':
      return `[${form.items.map(ednText).join(' ')}]`;
    case 'list':
      return `(${form.items.map(ednText).join(' ')})`;
    case 'set':
      return `#{${form.items.map(ednText).join(' ')}}`;
    case 'map':
      return `{${form.entries.map(([key, value]) => `${ednText(key)} ${ednText(value)}`).join(', ')}}`;
  }
}

/**
 * Reads forms of EDN one by one, as Jepsen and Knossos print them: also hexadecimal integers, octal escapes and
 * metadata, which stand in their exceptions. Tags (`#jepsen.history.Op{…}`) and metadata are skipped.
 *
 * For texts of strangers: no `__proto__`, `constructor` or `prototype` as a key, no key and no element of a set
 * twice, at most 64 levels, tags and discards included; in sets and keys fewer, if much stands there. Methods throw
 * {@link EdnTextError}; after that, the reader is of no more use, as nothing tells where the next form begins. Linear.
 */
export class EdnReader {
  private readonly text: string;
  private at: number;
  private depth = 0;
  /** Length of all texts that were written out to compare them. */
  private compared = 0;
  /** What ends the sequence that was entered. */
  private closer: string | null = null;

  constructor(text: string, offset: number = 0) {
    this.text = text;
    this.at = offset;
  }

  /** Where the last form ended. */
  get offset(): number {
    return this.at;
  }

  /** Steps into the vector or list that comes next, if one does: its items are the forms then, and all there is. */
  enter(): void {
    this.skipBlank();
    const opener = this.text[this.at];
    if (opener !== '[' && opener !== '(') return;
    this.closer = opener === '[' ? ']' : ')';
    this.at += 1;
    this.depth += 1;
  }

  /** The next form, or `null` at the end. */
  next(): Edn | null {
    this.skipBlank();
    if (this.closer !== null && this.text[this.at] === this.closer) {
      this.at += 1;
      this.closer = null;
      this.skipBlank();
      if (this.at < this.text.length) this.fail('expected the end of the text');
    }
    if (this.at >= this.text.length && this.closer === null) return null;
    return this.form();
  }

  private form(): Edn {
    this.skipBlank();
    const offset = this.at;
    switch (this.text[offset]) {
      case '[':
        return { kind: 'vector', offset, items: this.items(1, ']') };
      case '(':
        return { kind: 'list', offset, items: this.items(1, ')') };
      case '{':
        return { kind: 'map', offset, entries: this.entries() };
      case '"':
        return { kind: 'string', offset, text: this.string() };
      case '\\':
        return { kind: 'character', offset, text: this.character() };
      case '#':
        return this.dispatched();
      case '^':
        this.at += 1;
        this.nested(() => this.form());
        return this.nested(() => this.form());
      default:
        return this.atom();
    }
  }

  /** What a `#` begins. A discard (`#_`) is blank, and has been skipped. */
  private dispatched(): Edn {
    const offset = this.at;
    if (this.text[offset + 1] === '{') {
      const items = this.items(2, '}');
      this.refuseTwice(items, 'the element');
      return { kind: 'set', offset, items };
    }
    this.at += 1;
    const token = this.match(TOKEN);
    if (token.startsWith('#')) return { kind: 'unusable', offset, text: `#${token}`, reason: 'a number that is none' };
    if (!/^\p{L}/u.test(token)) this.fail('expected a set, a tag or a discard after "#"', offset);
    return this.nested(() => this.form());
  }

  private items(openerLength: number, closer: string): readonly Edn[] {
    this.at += openerLength;
    return this.nested(() => {
      const items: Edn[] = [];
      for (this.skipBlank(); this.text[this.at] !== closer; this.skipBlank()) items.push(this.form());
      this.at += 1;
      return items;
    });
  }

  private entries(): readonly (readonly [Edn, Edn])[] {
    const items = this.items(1, '}');
    const entries: [Edn, Edn][] = [];
    for (let index = 0; index < items.length; index += 2) {
      const key = items[index] as Edn;
      const value = items[index + 1];
      if (value === undefined) this.fail('a key without a value', key.offset);
      const name = keyName(key);
      if (FORBIDDEN_KEYS.includes(name)) this.fail(`the key "${name}" is not allowed`, key.offset);
      entries.push([key, value]);
    }
    this.refuseTwice(entries.map(([key]) => key), 'the key');
    return entries;
  }

  private refuseTwice(forms: readonly Edn[], what: string): void {
    const seen = new Set<string>();
    for (const form of forms) {
      const text = ednText(form);
      this.compared += text.length;
      if (this.compared > COMPARED_LIMIT * this.text.length) {
        this.fail('sets and keys lie within each other too deep to be compared', form.offset);
      }
      if (seen.has(text)) this.fail(`${what} stands here twice`, form.offset);
      seen.add(text);
    }
  }

  private nested<Result>(read: () => Result): Result {
    this.depth += 1;
    if (this.depth > DEPTH_LIMIT) this.fail(`more than ${DEPTH_LIMIT} levels`);
    const result = read();
    this.depth -= 1;
    return result;
  }

  /** Control characters may stand in a string as they are: Clojure prints them so. */
  private string(): string {
    const start = this.at;
    this.at += 1;
    let result = '';
    for (;;) {
      result += this.match(PLAIN_CHARACTERS);
      const character = this.text[this.at];
      if (character === undefined) this.fail('the string does not end', start);
      if (character === '\u0000') this.fail('a control character in a string');
      this.at += 1;
      if (character === '"') return result;
      result += this.escape();
    }
  }

  /** What follows the backslash. */
  private escape(): string {
    const letter = this.text[this.at] ?? '';
    const character = Object.hasOwn(ESCAPED, letter) ? ESCAPED[letter] : undefined;
    if (character !== undefined) {
      this.at += 1;
      return character;
    }
    if (letter === 'u') {
      const digits = this.text.slice(this.at + 1, this.at + 5);
      if (!/^[\da-fA-F]{4}$/.test(digits)) this.fail('expected four hexadecimal digits after "\\u"', this.at - 1);
      this.at += 5;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const octal = this.match(OCTAL);
    if (octal === '') this.fail('no such escape', this.at - 1);
    return String.fromCharCode(Number.parseInt(octal, 8));
  }

  private character(): string {
    const start = this.at;
    const first = String.fromCodePoint(this.text.codePointAt(start + 1) ?? 0);
    this.at += 1 + first.length;
    const rest = first > ' ' ? this.match(TOKEN) : '';
    if (first > ' ' && rest === '') return first;
    const name = `${first}${rest}`;
    const code = /^u([\da-fA-F]{4})$/.exec(name)?.[1];
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    const octal = /^o([0-3]?[0-7]{1,2})$/.exec(name)?.[1];
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    const named = Object.hasOwn(NAMED_CHARACTERS, name) ? NAMED_CHARACTERS[name] : undefined;
    return named ?? this.fail('no such character', start);
  }

  private atom(): Edn {
    const offset = this.at;
    const token = this.match(TOKEN);
    if (token === '') this.fail(offset >= this.text.length ? 'the text ends too early' : 'expected a value', offset);
    if (token === 'nil') return { kind: 'nil', offset };
    if (token === 'true' || token === 'false') return { kind: 'boolean', offset, value: token === 'true' };
    if (/^[+-]?\d/.test(token)) return this.number(token, offset);
    if (token.startsWith("'")) this.fail('expected a value', offset);
    if (!token.startsWith(':')) return { kind: 'symbol', offset, text: token };
    if (!/^:[^:]/.test(token)) this.fail('expected the name of a keyword after ":"', offset);
    return { kind: 'keyword', offset, text: token.slice(1) };
  }

  private number(token: string, offset: number): Edn {
    const digits = token.replace(/[NM]$/, '');
    const isInteger = INTEGER.test(digits) && !token.endsWith('M');
    if (RATIO.test(token)) return { kind: 'unusable', offset, text: token, reason: 'a ratio' };
    if (!isInteger && !(DECIMAL.test(digits) && !token.endsWith('N'))) this.fail('no such number', offset);
    // What JavaScript knows of hexadecimal numbers has no sign.
    const value = digits.startsWith('-') ? -Number(digits.slice(1)) : Number(digits.replace('+', ''));
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return { kind: 'number', offset, value };
    return { kind: 'unusable', offset, text: digits, reason: 'a number beyond 2^53' };
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  /** White space, commas, comments and what is discarded. */
  private skipBlank(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0x2c) {
        this.at += 1;
      } else if (code === 0x3b) {
        this.match(COMMENT);
      } else if (code === 0x23 && this.text[this.at + 1] === '_') {
        this.at += 2;
        this.nested(() => this.form());
      } else {
        return;
      }
    }
  }

  private fail(message: string, offset: number = this.at): never {
    const isBinary = this.text[offset] === '\u0000';
    throw new EdnTextError(isBinary ? 'a NUL byte: this is no text file' : message, offset);
  }
}
