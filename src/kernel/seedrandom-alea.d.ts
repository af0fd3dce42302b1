/** seedrandom ships `alea` as a file of its own, which its type package leaves out. */
declare module 'seedrandom/lib/alea.js' {
  /** A generator whose calls give fractions k / 2^32 in [0, 1). */
  export default function alea(seed: string): () => number;
}
