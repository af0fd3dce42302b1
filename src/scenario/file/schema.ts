import { z } from 'zod';
import type { Workload } from '../scenario.ts';
import {
  quantityPatterns, readDriftRange, readDuration, readDurationRange, readRate, readShiftRange, type Reading,
} from './quantity.ts';

// The shape of a scenario file. What depends on more than one place (a target on the number of nodes, an option on the
// protocol) is checked in resolve.ts and faults.ts.

/** A map with these keys and no others. The message of an unknown key is the list of known ones, for `issues.ts`. */
function map<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(' ');
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? known : undefined) });
}

/** `pattern` is for editors alone: it takes every text that `read` takes, and some more. */
function quantity<T>(read: (value: string | number) => Reading<T>, expected: string, pattern: string) {
  return z.union([z.string(), z.number()], { error: `expected ${expected}` }).transform((value, context): T => {
    const reading = read(value);
    if (reading.ok) return reading.value;
    const { message, hint } = reading;
    context.issues.push({ code: 'custom', message, input: value, params: { hint } });
    return z.NEVER;
  }).meta({ description: expected, pattern });
}

const duration = quantity(readDuration, 'a duration such as 5ms', quantityPatterns.duration);
const span = quantity(readDurationRange, 'a duration or a range such as 50..250ms', quantityPatterns.durationRange);
const shift = quantity(readShiftRange, 'a duration or a range such as -10s..10s', quantityPatterns.durationRange);
const rate = quantity(readRate, 'a rate such as 3%', quantityPatterns.rate);
const drift = quantity(readDriftRange, 'a rate or a range such as -200ppm..200ppm', quantityPatterns.rateRange);
const day = 24 * 60 * 60 * 1_000_000;

const drawnDrift = rate.pipe(z.number().max(500_000, 'must be at most 50%'));
/** Drawn from both sides of zero with 32 random bits. */
const drawnOffset = duration.pipe(z.number().max(30 * 60_000_000, 'must be at most 30m'));

/** A text of one line, for people. */
const line = z.string().min(1).max(200).regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u, 'must be one line of text');
const word = z.string().min(1).max(100).regex(/^[A-Za-z0-9._/-]+$/, 'must be a word of letters, digits, `.`, `_`, `-`');
const count = (min: number, max: number) => z.int().min(min).max(max);
const atMostADay = duration.pipe(z.number().min(1, 'must be longer than 0').max(day, 'must be at most 1440m, a day'));

/** Side by side they have to fit a screen. */
export const systemsMax = 12;

const networkShape = {
  latency: span.optional(),
  loss: rate.optional(),
  duplicate: rate.optional(),
  slow: map({ rate, delay: span }).optional(),
};

const names = z.array(z.string()).min(1).max(1_100);
const target = z.union([z.string(), names], { error: 'expected a target such as n1, leader or [n1, n2]' });
const inFlight = z.enum(['lost', 'delivered']).optional();
const shape = z.enum(['halves', 'minority', 'minority-with-leader', 'ring', 'bridge', 'majorities-ring']);
const link = z.string().regex(/^\S+ *> *\S+$/, 'expected a direction such as `leader > all`');
const lasting = { for: span.optional() };

/** A target alone, or with more. */
function targeted<Shape extends z.ZodRawShape>(more: Shape) {
  const error = 'expected a target such as n1, leader or [n1, n2], or a map with `target`';
  return z.union([z.string(), names, map({ target, ...more })], { error });
}

function directed<Shape extends z.ZodRawShape>(more: Shape) {
  const error = 'expected a direction such as `leader > all`, or a map with `from` and `to`';
  return z.union([link, map({ from: target, to: target, ...lasting, ...more })], { error });
}

const optionValue = z.union(
  [z.string(), z.number(), z.boolean()], { error: 'expected a text, a number, true or false' },
);

/** Each kind of fault action, in its short and its long form. */
const actionShape = {
  'crash': targeted({ flavour: z.enum(['process', 'machine', 'machine-cache']).optional(), ...lasting }).optional(),
  'restart': targeted({}).optional(),
  'pause': targeted({ clock: z.literal('stopped').optional(), ...lasting }).optional(),
  'resume': targeted({}).optional(),
  'partition': z.union(
    [
      shape,
      map({
        shape: shape.optional(),
        isolate: target.optional(),
        groups: z.array(names).min(2).max(100).optional(),
        inFlight,
        ...lasting,
      }),
    ],
    { error: 'expected a shape such as halves, or a map with `shape`, `isolate` or `groups`' },
  ).optional(),
  'cut': directed({ inFlight }).optional(),
  'hold': directed({ message: word.optional() }).optional(),
  'link': map({ from: target, to: target, ...lasting, ...networkShape }).optional(),
  'clock-jump': targeted({ by: shift.optional() }).optional(),
  'clock-drift': targeted({ rate: drift.optional(), ...lasting }).optional(),
  'disk-slow': targeted({ sync: span.optional(), ...lasting }).optional(),
  'wipe-disk': targeted(lasting).optional(),
  'bit-flip': targeted({ file: word.optional(), index: count(1, 1_000_000_000).optional() }).optional(),
  'torn-write': targeted(lasting).optional(),
  'sync-error': targeted({ count: count(1, 1_000_000).optional(), ...lasting }).optional(),
  'disk-full': targeted(lasting).optional(),
  'lying-sync': targeted(lasting).optional(),
  'order': z.union([word, map({
    name: word, to: target.optional(), node: z.string().optional(), nodes: target.optional(),
  })], { error: 'expected the name of an order, or a map with `name`' }).optional(),
  'set': z.object(lasting).catchall(optionValue).optional(),
  'heal': z.union([z.null(), z.literal('all')], { error: 'expected nothing, or `all`' }).optional(),
};

const choice = z.union(
  [z.string(), map({ weight: count(1, 1_000).optional(), ...actionShape })],
  { error: 'expected a kind such as crash, or a map with one action' },
);

/** Of the systems of a file, those that something is for. */
const where = z.union([word, z.array(word).min(1).max(systemsMax)], { error: 'expected a system, or a list of them' })
  .transform((names): readonly string[] => (typeof names === 'string' ? [names] : names)).optional();

/** A line of `faults`: one of `at`, `when`, `random`, and one action. */
export const faultLine = map({
  at: duration.optional(),
  when: z.union(
    [
      word,
      map({
        event: word,
        by: z.string().optional(),
        nth: count(1, 1_000_000).optional(),
        after: duration.optional(),
        until: duration.optional(),
      }),
    ],
    { error: 'expected an event, or a map with `event`' },
  ).optional(),
  random: map({
    every: span,
    from: duration.optional(),
    until: duration.optional(),
    kinds: z.array(choice).min(1).max(100).optional(),
  }).optional(),
  allowVacuous: z.boolean().optional(),
  where,
  ...actionShape,
});

const bound = z.union([z.string(), z.number()], { error: 'expected a number, or a duration such as 600ms' });

const named = map({ name: word.optional() }).optional();

const check = z.union(
  [
    z.string(),
    map({
      linearizable: named,
      'total-queue': named,
      barriers: named,
      'client-order': named,
      'mutual-exclusion': named,
      fencing: named,
      'lock-ownership': named,
      'linearizable-writes': named,
      'session-order': named,
      'fresh-sync': named,
      watches: named,
      sessions: named,
      metric: map({
        name: word,
        as: word.optional(),
        min: bound.optional(),
        max: bound.optional(),
        from: duration.optional(),
        to: duration.optional(),
        after: duration.optional(),
        afterFault: count(1, 1_000).optional(),
      }).optional(),
      progress: map({
        name: word.optional(),
        from: duration.optional(),
        to: duration.optional(),
        clients: names.optional(),
      }).optional(),
      where,
    }),
  ],
  { error: 'expected the name of a checker, or a map from it to its settings' },
);

const workloadKinds = [
  'append', 'register', 'cas-register', 'kv', 'counter', 'set', 'mutex', 'fenced-lock', 'queue', 'barrier',
  'double-barrier', 'lock', 'znodes',
] as const satisfies readonly Workload['kind'][];

const operation = z.union(
  [word, map({ key: word, value: z.unknown().optional() })],
  { error: 'expected a key such as k0, or a map with `key` and `value`' },
).optional();

const systemShape = {
  protocol: word,
  nodes: count(1, 99).optional(),
  options: z.record(z.string(), optionValue).optional(),
};

// Made anew for each place: what an editor says of a key belongs to the schema of its value.
const expectations = () => z.record(z.string(), z.enum(['valid', 'invalid', 'unknown'])).optional();
const armedDefect = () => z.union([word, z.null()], { error: 'expected the id of a defect' }).optional();

const systemAlone = map({
  ...systemShape, initial: z.unknown().optional(), defect: armedDefect(), expect: expectations(),
});

/** One of several systems, with what is said of it alone. */
export const systemOfSeveral = z.union(
  [word.transform((protocol): z.infer<typeof systemAlone> => ({ protocol })), systemAlone],
  { error: 'expected a protocol such as raft, or a map with `protocol`' },
);

/** A line of the script of a workload. */
const scriptLine = map({
  at: duration,
  client: z.string(),
  to: z.string().optional(),
  append: operation,
  write: operation,
  cas: operation,
  delete: operation,
  add: operation,
  remove: operation,
  contains: operation,
  acquire: operation,
  enqueue: operation,
  dequeue: operation,
  raise: operation,
  lift: operation,
  pass: operation,
  enter: operation,
  leave: operation,
  release: operation,
  read: operation,
  create: operation,
  set: operation,
  get: operation,
  exists: operation,
  children: operation,
  ['add-watch']: operation,
  ['remove-watches']: operation,
  multi: operation,
  sync: operation,
  close: operation,
});

/**
 * A scenario file. The keys of its shape are parsed one by one, so that a mistake in one leaves the others to be
 * looked at; so are the items of `faults` and `check`.
 */
export const scenarioFile = map({
  name: line,
  why: z.string().max(2_000).optional(),
  // One of the two.
  system: map(systemShape).optional(),
  systems: z.array(systemOfSeveral).min(2).max(systemsMax).optional(),
  clients: map({
    count: count(1, 1_000).optional(),
    timeout: atMostADay.optional(),
    attemptTimeout: atMostADay.optional(),
    sessionTimeout: atMostADay.optional(),
    inFlight: count(1, 100).optional(),
    readFrom: z.enum(['leader', 'any']).optional(),
  }).optional(),
  workload: map({
    kind: z.enum(workloadKinds).optional(),
    keys: count(1, 10_000).optional(),
    reads: rate.optional(),
    persistentWatches: rate.optional(),
    think: span.optional(),
    hold: span.optional(),
    writes: count(1, 1_000).optional(),
    script: z.array(scriptLine).max(1_000).optional(),
  }).optional(),
  resource: map({
    kind: z.literal('fenced-store').optional(),
    checksTokens: z.boolean().optional(),
    issuesTokens: z.boolean().optional(),
    where,
  }).optional(),
  network: map(networkShape).optional(),
  disk: map({ sync: span.optional() }).optional(),
  initial: z.unknown().optional(),
  clocks: map({ drift: drawnDrift.optional(), offset: drawnOffset.optional() }).optional(),
  duration: atMostADay.optional(),
  limits: map({
    events: count(1, 1_000_000_000).optional(),
    sameInstant: count(1, 10_000_000).optional(),
  }).optional(),
  profile: z.enum(['none', 'swarm', 'gentle']).optional(),
  within: z.literal('contract').optional(),
  defect: armedDefect(),
  faults: z.array(faultLine).max(1_000).optional(),
  check: z.array(check).max(100).optional(),
  expect: expectations(),
  seeds: z.union(
    [
      count(1, 1_000_000_000),
      map({ first: count(0, 1_000_000_000).optional(), count: count(1, 1_000_000_000).optional() }),
    ],
    { error: 'expected how many, or a map with `first` and `count`' },
  ).optional(),
});

/** A scenario file whose parts all have their shape. */
export type ScenarioFile = z.infer<typeof scenarioFile>;
/** An item of `systems`. */
export type SystemFile = z.infer<typeof systemOfSeveral>;
/** A line of `faults`. */
export type FaultLineFile = z.infer<typeof faultLine>;
/** A line of `script`. */
export type ScriptLineFile = z.infer<typeof scriptLine>;
/** All operations that a line of a script can name. */
export const operationNames = [
  'append', 'write', 'cas', 'delete', 'add', 'remove', 'contains', 'acquire', 'release', 'enqueue',
  'dequeue', 'raise', 'lift', 'pass', 'enter', 'leave', 'read', 'create', 'set', 'get', 'exists', 'children', 'multi',
  'add-watch', 'remove-watches', 'sync', 'close',
] as const satisfies readonly (keyof ScriptLineFile)[];
/** An item of `check`. */
export type CheckFile = z.infer<typeof check>;
/** The fault action of a line, under its kind. */
export type ActionFile = Pick<FaultLineFile, keyof typeof actionShape>;
/** A kind of fault action. */
export type ActionKind = keyof typeof actionShape;
/** All kinds of fault action. */
export const actionKinds = Object.keys(actionShape) as readonly ActionKind[];
