import type { FaultStrength } from '../../../src/faults/applied.ts';

/** Of a fault of which nothing more is said. */
export const noStrength: FaultStrength = { flavour: null, byUs: null, perMillion: null, delayUs: null };
