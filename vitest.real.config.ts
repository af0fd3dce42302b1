import { defineConfig } from 'vitest/config';

// Beside the real thing: needs a redis-server, or a ZooKeeper, and is no part of `npm test`.
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: 120_000,
    allowOnly: false,
  },
});
