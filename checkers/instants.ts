import type { TimeUs } from '../src/history/operation.ts';

/** A line of evidence, and when it happened. */
export interface Instant {
  readonly atUs: TimeUs;
  readonly text: string;
}

/** A line for each instant. Seconds stand in one column, so that a pause is seen as a difference of numbers. */
export function linesOfInstants(instants: readonly Instant[]): readonly string[] {
  const width = Math.max(0, ...instants.map(({ atUs }) => secondsOf(atUs).length));
  return instants.map(({ atUs, text }) => `${secondsOf(atUs).padStart(width)} s  ${text}`);
}

function secondsOf(atUs: TimeUs): string {
  const digits = String(atUs).padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
