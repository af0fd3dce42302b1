import type { Options, OptionTable } from '../../contract/options.ts';
import { type DurationUs, US_PER_MS, US_PER_S } from '../../kernel/time.ts';

/** Tunables of Redis; its own names and defaults where it has them. */
export const redisOptions: OptionTable = {
  appendfsync: {
    kind: 'choice',
    doc: 'when the append-only file is synced: before a command is answered, each second, or when the kernel likes '
      + '(within half a minute); off: there is no such file, as by default',
    default: 'off',
    of: ['off', 'always', 'everysec', 'no'],
  },
  save: {
    kind: 'choice',
    doc: 'points at which all keys are written to the RDB file: those of the default configuration (1 change in an '
      + 'hour, 100 in five minutes, 10,000 in one), the one of saveAfter and saveChanges, or none',
    default: 'default',
    of: ['default', 'one', 'off'],
  },
  saveAfter: {
    kind: 'duration',
    doc: 'with save: one, how long after the last save the next one may be',
    default: 60 * US_PER_S,
    min: 100 * US_PER_MS,
    max: 86_400 * US_PER_S,
  },
  saveChanges: {
    kind: 'integer',
    doc: 'with save: one, how many changes there must have been',
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  startDelay: {
    kind: 'duration',
    doc: 'how long a node that was started again answers nobody: longer than the longest TTL in use, and it forgets no '
      + 'lock that is held',
    default: 0,
    min: 0,
    max: 86_400 * US_PER_S,
  },
  hz: {
    kind: 'integer',
    doc: 'how often in a second expired keys that nobody asks for are looked for; 0: never',
    default: 10,
    min: 0,
    max: 500,
  },
};

/** When all keys are written: so long after the last time, if there were so many changes. */
export interface SavePoint {
  readonly afterUs: DurationUs;
  readonly changes: number;
}

const DEFAULT_SAVE_POINTS: readonly SavePoint[] = [
  { afterUs: 3_600 * US_PER_S, changes: 1 },
  { afterUs: 300 * US_PER_S, changes: 100 },
  { afterUs: 60 * US_PER_S, changes: 10_000 },
];

/** The options, read. */
export interface RedisSettings {
  readonly appendfsync: 'off' | 'always' | 'everysec' | 'no';
  readonly savePoints: readonly SavePoint[];
  readonly startDelayUs: DurationUs;
  /** 0 for never. */
  readonly cronUs: DurationUs;
}

export function readSettings(options: Options): RedisSettings {
  const hz = options['hz'] as number;
  return {
    appendfsync: options['appendfsync'] as RedisSettings['appendfsync'],
    savePoints: savePointsOf(options),
    startDelayUs: options['startDelay'] as number,
    cronUs: hz === 0 ? 0 : Math.floor(US_PER_S / hz),
  };
}

function savePointsOf(options: Options): readonly SavePoint[] {
  switch (options['save']) {
    case 'off': return [];
    case 'one': return [{ afterUs: options['saveAfter'] as number, changes: options['saveChanges'] as number }];
    default: return DEFAULT_SAVE_POINTS;
  }
}
