import { assert } from '../kernel/assert.ts';

/** Addresses one run, up to one of its events. */
export interface Coordinate {
  /** Stands for the path of the scenario file; see {@link slugOf}. */
  readonly slug: string;
  /** Of the scenario that ran: `scenarioHash12`. */
  readonly hash: string;
  /** Which of the systems of the file; absent where it has one. */
  readonly system?: string;
  /** Id of the armed variant; of several, with `+` between them, by id. */
  readonly defect: string | null;
  readonly seed: string;
  /** Number of the event at which to stop; absent for the whole run. */
  readonly event?: number;
}

const slugForm = /^(?!.*\.\.)[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;
const hashForm = /^[0-9a-f]{12}$/;
/** A system or a defect: names, with slashes between them. */
const nameForm = slugForm;
// The letter classes take out white space, control characters and what changes the direction of text.
const seedForm = /^[^\s\p{Cc}\p{Cf}\p{Cs}/#@]+$/u;
const eventForm = /^(0|[1-9]\d{0,14})$/;

/** Longer texts are no coordinates: refused before they are read. */
const lengthMax = 1_000;

/** Whether a text can stand for a run: not empty, without white space, `/`, `#` and `@`. At most 200 characters. */
export function isSeed(text: string): boolean {
  return text.length <= 200 && seedForm.test(text);
}

/**
 * The path of a scenario file as coordinates write it: without `./`, a leading `scenarios/`, and the ending `.yaml`.
 * Separators become `/`; every other character outside `A-Za-z0-9._-`, and each dot of a `..`, becomes `_`.
 */
export function slugOf(file: string): string {
  const segments = file
    .replace(/\\/g, '/')
    .replace(/\.ya?ml$/, '')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .map((segment) => segment.replace(/[^A-Za-z0-9._-]/gu, '_').replace(/\.\.+/g, (dots) => '_'.repeat(dots.length)));
  if (segments.length > 1 && segments[0] === 'scenarios') segments.shift();
  return segments.length === 0 ? 'scenario' : segments.join('/');
}

/** `path-slug@hash12[/system][+defect…]/seed[#event]`. Throws if a part could not be read back. */
export function formatCoordinate(coordinate: Coordinate): string {
  const { slug, hash, system, defect, seed, event } = coordinate;
  const what = `${system === undefined ? '' : `/${system}`}${defect === null ? '' : `+${defect}`}`;
  const text = `${slug}@${hash}${what}/${seed}${event === undefined ? '' : `#${event}`}`;
  const back = parseCoordinate(text);
  const isSame = back.ok && back.coordinate.slug === slug && back.coordinate.system === system
    && back.coordinate.seed === seed;
  assert(isSame, 'a coordinate can be read back');
  return text;
}

/** What {@link parseCoordinate} made of a text. */
export type ParsedCoordinate =
  | { readonly ok: true; readonly coordinate: Coordinate }
  | { readonly ok: false; readonly message: string };

/**
 * Reads what {@link formatCoordinate} wrote, and nothing else. A defect contains slashes, so the seed is what stands
 * behind the last one: `locks/x@0123456789ab/raft-lock+lease/renew-race/7`.
 */
export function parseCoordinate(text: string): ParsedCoordinate {
  const refuse = (why: string): ParsedCoordinate => ({
    ok: false,
    message: `not a coordinate: ${why}; one reads like raft/some-claim@0123456789ab/7`,
  });
  if (text.length > lengthMax) return refuse(`it has more than ${lengthMax} characters`);
  if (/\s/.test(text)) return refuse('it contains white space');
  const at = text.indexOf('@');
  if (at === -1) return refuse('there is no `@` between the scenario and its hash');
  const slug = text.slice(0, at);
  if (!slugForm.test(slug)) return refuse('the scenario before `@` is a path of letters, digits, `.`, `_`, `-`');
  const hash = text.slice(at + 1, at + 13);
  if (!hashForm.test(hash)) return refuse('twelve hexadecimal digits follow `@`');

  const rest = text.slice(at + 13);
  const slash = rest.lastIndexOf('/');
  if (slash === -1) return refuse('there is no `/` before the seed');
  const between = rest.slice(0, slash);
  const parts = /^(?:\/([^+]*))?(?:\+([^]*))?$/.exec(between);
  if (parts === null) return refuse('the hash is followed by `/`, or by `+` and a defect');
  const [, system, defect = null] = parts;
  if (system !== undefined && !nameForm.test(system)) return refuse('a system reads like raft-lock');
  const isDefect = defect === null || defect.split('+').every((id) => nameForm.test(id));
  if (!isDefect) return refuse('a defect reads like raft/vote-not-durable');

  const [seed = '', event, ...more] = rest.slice(slash + 1).split('#');
  if (!isSeed(seed)) return refuse('a seed is a word without white space, `/`, `#` and `@`');
  const run = { slug, hash, ...(system === undefined ? {} : { system }), defect, seed };
  if (event === undefined) return { ok: true, coordinate: run };
  if (more.length > 0 || !eventForm.test(event)) return refuse('the number of an event follows `#`');
  return { ok: true, coordinate: { ...run, event: Number(event) } };
}
