import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/real/**'], // `npm run test:real`
    testTimeout: 120_000,
    // A forgotten `.only` would turn the suite green by not running it.
    allowOnly: false,
  },
});
