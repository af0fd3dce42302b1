import type { OptionTable } from '../../../contract/options.ts';

/** Tunables of clients that keep registers in the tree. */
export const registerOptions: OptionTable = {
  reads: {
    kind: 'choice',
    doc: 'a read of a register comes after a `sync`, which is as good as the option of that name; or at once, from the '
      + 'tree of whatever server the client is at, and may be stale',
    default: 'sync',
    of: ['sync', 'local'],
  },
};
