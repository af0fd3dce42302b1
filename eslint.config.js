import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// The pure layers run the same everywhere, a browser tab included. tsconfig.pure.json takes the host's names away
// (timers, process, console, node:*); the rules below ban what the language itself still offers.
const pureLayers = ['src/**/*.ts', 'checkers/**/*.ts'];
const impureLayers = ['src/scenario/file/**', 'src/report/**', 'src/host/**', 'src/cli/**'];

// The host names stand here as well: an editor works with tsconfig.json, where they exist.
const bannedGlobals = [
  { names: ['Date', 'performance'], message: 'Time is simulated: take it from the context or the kernel.' },
  {
    names: ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
    message: 'Timers are simulated: use setTimer, or schedule an event.',
  },
  { names: ['Promise', 'queueMicrotask'], message: 'A run is synchronous: microtasks would order events unseen.' },
  { names: ['globalThis', 'process', 'console', 'crypto', 'fetch'], message: 'A run sees nothing of its host.' },
  { names: ['Intl'], message: 'Locale data differ between machines and versions.' },
  { names: ['WeakRef', 'FinalizationRegistry'], message: 'Garbage collection has no order that a run may see.' },
].flatMap(({ names, message }) => names.map((name) => ({ name, message })));

// The language leaves their last bits to the engine, so a run could change between Node versions.
const inexactMath = [
  'log', 'log2', 'log10', 'log1p', 'exp', 'expm1', 'pow', 'sqrt', 'cbrt', 'hypot', 'sin', 'cos', 'tan', 'asin', 'acos',
  'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh',
];
const localeMethods = [
  'localeCompare', 'toLocaleString', 'toLocaleDateString', 'toLocaleTimeString', 'toLocaleLowerCase',
  'toLocaleUpperCase',
];
const bannedProperties = [
  { object: 'Math', property: 'random', message: 'Draw from a labelled stream of the run.' },
  ...inexactMath.map((property) => ({ object: 'Math', property, message: 'Its last bits differ between engines.' })),
  ...localeMethods.map((property) => ({ property, message: 'The locale of the machine must not reach a run.' })),
];

const bannedSyntax = [
  { selector: ':function[async=true]', message: 'A run is synchronous.' },
  { selector: 'AwaitExpression', message: 'A run is synchronous.' },
  { selector: 'ForOfStatement[await=true]', message: 'A run is synchronous.' },
  { selector: 'ImportExpression', message: 'A dynamic import is a promise; a run is synchronous.' },
  { selector: 'ForInStatement', message: 'Integer-like keys reorder: iterate an array, a Map or Object.keys.' },
  { selector: "BinaryExpression[operator='**']", message: 'Its last bits differ between engines.' },
  { selector: "AssignmentExpression[operator='**=']", message: 'Its last bits differ between engines.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' },
];

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'reports/', '**/*.js', '**/*.cjs']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-array-sort-compare': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': 'off', // The compiler has it: noUnusedLocals, noUnusedParameters.
    },
  },
  {
    files: pureLayers,
    ignores: impureLayers,
    rules: {
      'no-restricted-globals': ['error', ...bannedGlobals],
      'no-restricted-properties': ['error', ...bannedProperties],
      'no-restricted-syntax': ['error', ...bannedSyntax],
    },
  },
  {
    files: ['src/index.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Program > :not(ExportNamedDeclaration[source], ExportAllDeclaration)',
          message: 'The barrel only re-exports; tsconfig.pure.json leaves it out, so code here would run unguarded.',
        },
      ],
    },
  },
  {
    // The guard traps these very names while a run executes, so it has to say them.
    files: ['src/kernel/guard.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
  },
);
