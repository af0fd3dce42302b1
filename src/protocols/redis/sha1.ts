import { utf8 } from './utf8.ts';

/** The first fractional bits of what FIPS 180-4 starts from, and its constants for each quarter of the rounds. */
const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as const;
const QUARTER = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const;

/**
 * SHA-1 of a text in UTF-8 (FIPS 180-4), as 40 lower-case hexadecimal digits: the name that Redis gives to a script.
 * Here because a run has no host to ask. Cost: the length of the text.
 */
export function sha1(text: string): string {
  const words = padded(utf8(text));
  const state: number[] = [...START];
  const schedule = new Array<number>(80).fill(0);
  for (let block = 0; block < words.length; block += 16) addBlock(state, schedule, words, block);
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function addBlock(state: number[], schedule: number[], words: readonly number[], block: number): void {
  for (let round = 0; round < 80; round++) {
    const back = (by: number): number => at(schedule, round - by);
    schedule[round] = round < 16 ? at(words, block + round) : rotated(back(3) ^ back(8) ^ back(14) ^ back(16), 1);
  }
  let [a, b, c, d, e] = state as [number, number, number, number, number];
  for (let round = 0; round < 80; round++) {
    const quarter = Math.floor(round / 20);
    const mixed = rotated(a, 5) + chosen(quarter, b, c, d) + e + at(QUARTER, quarter) + at(schedule, round);
    [a, b, c, d, e] = [mixed | 0, a, rotated(b, 30), c, d];
  }
  [a, b, c, d, e].forEach((word, index) => {
    state[index] = (at(state, index) + word) | 0;
  });
}

function chosen(quarter: number, b: number, c: number, d: number): number {
  if (quarter === 0) return (b & c) | (~b & d);
  return quarter === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function at(words: readonly number[], index: number): number {
  return words[index] as number;
}

/** Big-endian words: the bytes, a one bit, zeros, and the length in bits. */
function padded(bytes: readonly number[]): number[] {
  const blocks = Math.floor((bytes.length + 8) / 64) + 1;
  const words = new Array<number>(blocks * 16).fill(0);
  [...bytes, 0x80].forEach((byte, index) => {
    words[index >> 2] = at(words, index >> 2) | (byte << (24 - 8 * (index & 3)));
  });
  words[words.length - 1] = bytes.length * 8;
  return words;
}
