import type { Operation } from '../../src/history/operations.ts';
import type { Meter } from '../budget.ts';
import type { Model } from '../model.ts';
import { testBlocks } from './block-test.ts';
import { searchFrontier } from './frontier.ts';
import type { SearchResult } from './result.ts';

/** Which algorithm answered. */
export type Algorithm = 'block-test' | 'just-in-time-frontier';

/** Looks for a linearization of the operations of one key, in the order of their invocations, in the cheapest way. */
export function searchLinearization(
  operations: readonly Operation[], model: Model, meter: Meter,
): SearchResult & { readonly algorithm: Algorithm } {
  const tested = testBlocks(operations, model, meter);
  if (tested !== null) return { ...tested, algorithm: 'block-test' };
  return { ...searchFrontier(operations, model, meter), algorithm: 'just-in-time-frontier' };
}
