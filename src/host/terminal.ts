/** `--color`. */
export type ColourChoice = 'auto' | 'always' | 'never';

/** Environment variables, as Node has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A stream as far as its looks matter. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a stream can show. */
export interface ScreenStyle {
  readonly colourLevel: 0 | 1 | 2 | 3;
  readonly hasUnicode: boolean;
  readonly columns: number | null;
}

/**
 * How to write to a stream. Colour: the option decides, else `NO_COLOR`, else `FORCE_COLOR`, else whether it is a
 * terminal that is not `dumb`. The libraries' own guesses are not asked: they do not know `NO_COLOR`.
 */
export function screenStyle(screen: Screen, environment: Environment, choice: ColourChoice): ScreenStyle {
  const isTerminal = screen.isTTY === true;
  const isDumb = environment['TERM'] === 'dumb';
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return {
    colourLevel: isColoured(isTerminal && !isDumb, environment, choice) ? 1 : 0,
    hasUnicode: isTerminal && !isDumb && /utf-?8/i.test(locale),
    columns: isTerminal ? screen.columns ?? 80 : null,
  };
}

function isColoured(isCapable: boolean, environment: Environment, choice: ColourChoice): boolean {
  if (choice !== 'auto') return choice === 'always';
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isCapable;
}
