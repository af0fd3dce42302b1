const MULTIPLIER_A = 0x9e3779b1 | 0;
const MULTIPLIER_B = 0x85ebca77 | 0;
const START_A = 0x243f6a88;
const START_B = 0x13198a2e;
const UINT32 = 0x1_0000_0000;
/** Lists from this length on are compared with the one before. */
const LONG_LIST = 64;

/** One mixing step of a lane: xor the word in, multiply by an odd constant, rotate. A bijection of the lane. */
function mix(lane: number, word: number, multiplier: number): number {
  const product = Math.imul(lane ^ word, multiplier);
  return (product << 15) | (product >>> 17);
}

/** Last step of a lane: spreads every bit over all others (Appleby's 32-bit finaliser). */
function finish(lane: number): number {
  let h = lane;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit integer that stands for a name; depends on the name alone (Fowler, Noll and Vo's hash 1a). */
export function nameCode(name: string): number {
  let code = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) code = Math.imul(code ^ name.charCodeAt(i), 0x01000193);
  return code;
}

/**
 * A running digest of 64 bits, as two 32-bit lanes with different multipliers. It tells runs apart; it does not
 * withstand an adversary. Depends on the order of what is added.
 */
export class Digest {
  private laneA = START_A;
  private laneB = START_B;
  /** Digests of frozen objects that were folded before, so that a log entry on five disks is read once. */
  private readonly known = new Map<object, number>();
  private readonly names = new Map<string, number>();
  /** The long list folded last, and the digests of its frozen items: the next disk mostly has the same ones there. */
  private lastList: readonly unknown[] = [];
  private lastWords: readonly (number | undefined)[] = [];

  /** Adds the low 32 bits of an integer. */
  addWord(word: number): void {
    this.laneA = mix(this.laneA, word | 0, MULTIPLIER_A);
    this.laneB = mix(this.laneB, word | 0, MULTIPLIER_B);
  }

  /** Adds four words at once: the header of a trace event. */
  addWords(a: number, b: number, c: number, d: number): void {
    const laneA = mix(mix(this.laneA, a, MULTIPLIER_A), b, MULTIPLIER_A);
    const laneB = mix(mix(this.laneB, a, MULTIPLIER_B), b, MULTIPLIER_B);
    this.laneA = mix(mix(laneA, c, MULTIPLIER_A), d, MULTIPLIER_A);
    this.laneB = mix(mix(laneB, c, MULTIPLIER_B), d, MULTIPLIER_B);
  }

  /** Adds a number: integers below 2^53 by both halves, others by their shortest decimal form. */
  addNumber(value: number): void {
    if (value >= 0 && value < UINT32 && Number.isInteger(value)) {
      this.addWord(value);
      this.addWord(0);
    } else if (Number.isSafeInteger(value)) {
      this.addWord(value);
      this.addWord(Math.floor(value / UINT32));
    } else {
      this.addText(String(value));
    }
  }

  /** Adds a string by its UTF-16 code units, and its length. */
  addText(text: string): void {
    this.addWord(text.length);
    for (let i = 0; i < text.length; i += 1) this.addWord(text.charCodeAt(i));
  }

  /** Adds a string of which a run has few, a name or a key, by one word that is remembered. */
  addName(name: string): void {
    let word = this.names.get(name);
    if (word === undefined) {
      word = nameCode(name);
      this.names.set(name, word);
    }
    this.addWord(word);
  }

  /**
   * Adds plain data: primitives, arrays, objects (keys in their own order), Map, Set. Frozen objects are remembered, so
   * they must not change in depth. Cost: linear in what is new.
   */
  addPlain(value: unknown): void {
    if (typeof value === 'number') {
      this.addWord(1);
      this.addNumber(value);
    } else if (typeof value === 'string') {
      this.addWord(2);
      this.addText(value);
    } else if (typeof value === 'object' && value !== null) {
      this.addObject(value);
    } else {
      this.addWord(value === null ? 3 : value === undefined ? 4 : value === true ? 5 : 6);
    }
  }

  /** The digest so far, as 16 hexadecimal digits. */
  hex(): string {
    const a = finish(this.laneA ^ Math.imul(this.laneB, MULTIPLIER_A));
    const b = finish(this.laneB ^ Math.imul(this.laneA, MULTIPLIER_B));
    return a.toString(16).padStart(8, '0') + b.toString(16).padStart(8, '0');
  }

  /**
   * The logs of a cluster hold the same frozen entries at the same places, shifted where one of them was compacted: so
   * each entry of a long list is looked for in the list before it, at no more than the cost of a comparison.
   */
  private addItems(list: readonly unknown[]): void {
    if (list.length < LONG_LIST) {
      for (const item of list) this.addPlain(item);
      return;
    }
    const { lastList, lastWords } = this;
    const shift = Math.max(0, lastList.indexOf(list[0])) - Math.max(0, list.indexOf(lastList[0]));
    const words: (number | undefined)[] = [];
    for (let at = 0; at < list.length; at += 1) {
      const item = list[at];
      let word = lastList[at + shift] === item ? lastWords[at + shift] : undefined;
      if (word === undefined && typeof item === 'object' && item !== null && Object.isFrozen(item)) {
        word = this.wordOf(item);
      }
      if (word === undefined) this.addPlain(item);
      else this.addWord(word);
      words.push(word);
    }
    this.lastList = list;
    this.lastWords = words;
  }

  private addObject(value: object): void {
    let word = this.known.get(value);
    if (word === undefined) {
      word = this.wordOf(value);
      if (Object.isFrozen(value)) this.known.set(value, word);
    }
    this.addWord(word);
  }

  /** An object is folded to one word, frozen or not: who freezes what must not show in a digest. */
  private wordOf(value: object): number {
    const { laneA, laneB } = this;
    this.laneA = START_A;
    this.laneB = START_B;
    this.addFields(value);
    const word = finish(this.laneA ^ Math.imul(this.laneB, MULTIPLIER_A)) | 0;
    this.laneA = laneA;
    this.laneB = laneB;
    return word;
  }

  private addFields(value: object): void {
    if (Array.isArray(value)) {
      this.addWord(7);
      this.addWord(value.length);
      this.addItems(value as readonly unknown[]);
    } else if (value instanceof Map) {
      this.addWord(8);
      this.addWord(value.size);
      for (const [key, item] of value as ReadonlyMap<unknown, unknown>) {
        this.addPlain(key);
        this.addPlain(item);
      }
    } else if (value instanceof Set) {
      this.addWord(9);
      this.addWord(value.size);
      for (const item of value as ReadonlySet<unknown>) this.addPlain(item);
    } else {
      this.addWord(10);
      for (const key of Object.keys(value)) {
        this.addName(key);
        this.addPlain((value as Record<string, unknown>)[key]);
      }
      this.addWord(11);
    }
  }
}
