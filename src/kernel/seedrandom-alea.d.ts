/** seedrandom ships `alea` as a file of its own, which its type package leaves out. */
declare module 'seedrandom/lib/alea.js' {
  /** Alea's state: the last three numbers and the carry. */
  interface AleaState {
    readonly s0: number;
    readonly s1: number;
    readonly s2: number;
    readonly c: number;
  }

  /** A generator whose calls give fractions k / 2^32 in [0, 1). */
  export type Alea = () => number;
  export default function alea(seed: string): Alea;
  /** One that shows its state. */
  export default function alea(seed: string, options: { readonly state: true }): Alea & { state(): AleaState };
}
