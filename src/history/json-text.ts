import type { Json } from './operation.ts';

/** Where a text is no JSON that we take, and why. `offset` counts from 0. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A JSON value, and where the value of each property of the outermost object begins. */
export interface ParsedJson {
  readonly value: Json;
  readonly offsets: ReadonlyMap<string, number>;
}

const DEPTH_LIMIT = 64;
/** Such a key, assigned carelessly by anybody later, reaches the prototype of all objects. */
const FORBIDDEN_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** All up to the next character of a string that needs attention. */
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const ESCAPED: Readonly<Record<string, string>> = {
  '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t',
};

/**
 * Reads one JSON text. Stricter than `JSON.parse`, for texts of strangers: no `__proto__`, `constructor` or
 * `prototype` and no key twice in an object, no number beyond 2^53 (it would silently become another one), at most 64
 * levels. Throws {@link JsonTextError} with the place: the messages of engines differ between their versions. Linear.
 */
export function parseJsonText(text: string): ParsedJson {
  return new JsonReader(text).read();
}

class JsonReader {
  private readonly text: string;
  private readonly offsets = new Map<string, number>();
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  read(): ParsedJson {
    const value = this.value();
    this.skipSpace();
    if (this.at < this.text.length) this.fail('expected the end of the line');
    return { value, offsets: this.offsets };
  }

  private value(): Json {
    this.skipSpace();
    switch (this.text[this.at]) {
      case '{':
        return this.nested(() => this.object());
      case '[':
        return this.nested(() => this.list());
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private nested(read: () => Json): Json {
    this.depth += 1;
    if (this.depth > DEPTH_LIMIT) this.fail(`more than ${DEPTH_LIMIT} levels`);
    this.at += 1;
    const value = read();
    this.depth -= 1;
    return value;
  }

  private object(): Json {
    const object: Record<string, Json> = {};
    if (this.take('}')) return object;
    do {
      this.skipSpace();
      const keyOffset = this.at;
      if (this.text[this.at] !== '"') this.fail('expected a key in double quotes');
      const key = this.string();
      if (FORBIDDEN_KEYS.includes(key)) this.fail(`the key "${key}" is not allowed`, keyOffset);
      if (Object.hasOwn(object, key)) this.fail(`the key ${JSON.stringify(key)} stands here twice`, keyOffset);
      if (!this.take(':')) this.fail('expected ":"');
      this.skipSpace();
      if (this.depth === 1) this.offsets.set(key, this.at);
      object[key] = this.value();
    } while (this.take(','));
    if (!this.take('}')) this.fail('expected "," or "}"');
    return object;
  }

  private list(): Json {
    const list: Json[] = [];
    if (this.take(']')) return list;
    do list.push(this.value());
    while (this.take(','));
    if (!this.take(']')) this.fail('expected "," or "]"');
    return list;
  }

  private string(): string {
    this.at += 1;
    let result = '';
    for (;;) {
      result += this.match(PLAIN_CHARACTERS);
      const character = this.text[this.at];
      if (character === '"') {
        this.at += 1;
        return result;
      }
      if (character === undefined) this.fail('the string does not end');
      if (character !== '\\') this.fail('a control character in a string');
      result += this.escape();
    }
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    if (letter === 'u') {
      const digits = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('expected four hexadecimal digits after "\\u"');
      this.at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = Object.hasOwn(ESCAPED, letter) ? ESCAPED[letter] : undefined;
    if (character === undefined) this.fail('no such escape');
    this.at += 2;
    return character;
  }

  private number(): number {
    const start = this.at;
    const digits = this.match(NUMBER);
    if (digits === '') this.fail(this.text[start] === undefined ? 'the line ends too early' : 'expected a value');
    const number = Number(digits);
    if (Math.abs(number) > Number.MAX_SAFE_INTEGER) this.fail('a number beyond 2^53', start);
    return number;
  }

  private word<Value extends Json>(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.at)) this.fail('expected a value');
    this.at += word.length;
    return value;
  }

  /** Steps over `punctuation`, if it comes next. */
  private take(punctuation: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== punctuation) return false;
    this.at += 1;
    return true;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x09 && code !== 0x0d && code !== 0x0a) return;
      this.at += 1;
    }
  }

  private fail(message: string, offset: number = this.at): never {
    const isBinary = this.text[offset] === '\u0000';
    throw new JsonTextError(isBinary ? 'a NUL byte: this is no text file' : message, offset);
  }
}
