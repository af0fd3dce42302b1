/** How the search for one key ended. */
export type SearchResult =
  /** `order`: a linearization, positions in the list that was searched. */
  | { readonly kind: 'linearizable'; readonly order: readonly number[] }
  /**
   * No order explains the history up to the completion of operation `position`. `isEarliest`: up to the line before
   * there is one.
   */
  | { readonly kind: 'stuck'; readonly position: number; readonly isEarliest: boolean }
  | { readonly kind: 'gave-up' };
