import { describe, expect, it } from 'vitest';
import { Progress } from '../../../src/host/progress.ts';
import { screenStyle, type ColourChoice, type Environment } from '../../../src/host/terminal.ts';

const terminal = { isTTY: true, columns: 120 };
const file = {};

describe('colour', () => {
  const isColoured = (screen: object, environment: Environment, choice: ColourChoice = 'auto'): boolean =>
    screenStyle(screen, environment, choice).colourLevel > 0;

  it.each<[boolean, string, object, Environment, ColourChoice?]>([
    [true, 'on a terminal', terminal, {}],
    [false, 'elsewhere', file, {}],
    [false, 'on a dumb terminal', terminal, { TERM: 'dumb' }],
    [false, 'against NO_COLOR', terminal, { NO_COLOR: '1' }],
    [true, 'with an empty NO_COLOR', terminal, { NO_COLOR: '' }],
    [true, 'with FORCE_COLOR', file, { FORCE_COLOR: '1' }],
    [false, 'with FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }],
    [false, 'with NO_COLOR and FORCE_COLOR: the first is asked first', file, { NO_COLOR: '1', FORCE_COLOR: '1' }],
    [true, 'with the option, against everything', file, { NO_COLOR: '1', TERM: 'dumb' }, 'always'],
    [false, 'with the option, against everything else', terminal, { FORCE_COLOR: '1' }, 'never'],
  ])('is %s %s', (expected, _when, screen, environment, choice) => {
    expect(isColoured(screen, environment, choice)).toBe(expected);
  });
});

describe('a screen', () => {
  it('has a width only if it is a terminal', () => {
    expect(screenStyle(terminal, {}, 'auto').columns).toBe(120);
    expect(screenStyle({ isTTY: true }, {}, 'auto').columns).toBe(80);
    expect(screenStyle(file, {}, 'auto').columns).toBeNull();
  });

  it('shows more than ASCII if its locale says so', () => {
    expect(screenStyle(terminal, { LANG: 'en_GB.UTF-8' }, 'auto').hasUnicode).toBe(true);
    expect(screenStyle(terminal, { LANG: 'C' }, 'auto').hasUnicode).toBe(false);
    expect(screenStyle(terminal, { LC_ALL: 'C', LANG: 'en_GB.UTF-8' }, 'auto').hasUnicode).toBe(false);
  });
});

describe('progress', () => {
  interface Watched {
    readonly lines: string[];
    readonly at: (ms: number, done: number) => void;
    readonly progress: Progress;
  }

  function watch(isTTY: boolean): Watched {
    const lines: string[] = [];
    let now = 0;
    const progress = new Progress({ isTTY, write: (text) => lines.push(text) }, 100, () => now);
    return { lines, progress, at: (ms, done) => { now = ms; progress.update(done, 2); } };
  }

  it('rewrites one line of a terminal, at most ten times a second', () => {
    const { lines, at } = watch(true);
    for (let ms = 0; ms <= 1_000; ms += 10) at(ms, ms / 20);
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('\r50/100 runs, 50.0/s, 2 unexpected, 1 s left\u001b[K');
  });

  it('writes a line that stays every half minute elsewhere', () => {
    const { lines, at } = watch(false);
    for (let ms = 0; ms <= 61_000; ms += 1_000) at(ms, 10);
    expect(lines).toEqual([
      '10/100 runs, 0.3/s, 2 unexpected, 270 s left\n', '10/100 runs, 0.2/s, 2 unexpected, 540 s left\n',
    ]);
  });

  it('goes away for other text, once', () => {
    const { lines, at, progress } = watch(true);
    at(200, 1);
    progress.clear();
    progress.clear();
    expect(lines.slice(1)).toEqual(['\r\u001b[K']);
  });
});
