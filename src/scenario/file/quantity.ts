import type { Range } from '../scenario.ts';
import { quote } from './problem.ts';

/** What a reader made of a value: integers, or what is wrong and what to write instead. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const usPerUnit: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000 };
const ppmPerUnit: Readonly<Record<string, number>> = { '%': 10_000, 'ppm': 1 };

/** What people write for the units that there are. */
const otherNames: Readonly<Record<string, string>> = {
  'µs': 'us', 'μs': 'us', 'usec': 'us', 'usecs': 'us', 'micros': 'us', 'microsecond': 'us', 'microseconds': 'us',
  'msec': 'ms', 'msecs': 'ms', 'millis': 'ms', 'millisecond': 'ms', 'milliseconds': 'ms',
  'sec': 's', 'secs': 's', 'second': 's', 'seconds': 's',
  'min': 'm', 'mins': 'm', 'minute': 'm', 'minutes': 'm',
  'percent': '%', 'pct': '%',
};

/** A number and its unit, both as written. Not every unit exists. */
interface Amount {
  readonly number: string;
  readonly unit: string;
}

const amountForm = /^([+-]?\d+(?:\.\d+)?)\s*(\D*)$/u;

function amountOf(text: string): Amount | null {
  const [, number, unit] = amountForm.exec(text.trim()) ?? [];
  return number === undefined || unit === undefined ? null : { number, unit };
}

/** `number` × `scale`, or `null` when that is not a whole number: decimals by digits, never by rounding. */
function scaled(number: string, scale: number): number | null {
  const [whole = '', decimals = ''] = number.split('.');
  const product = BigInt(whole + decimals) * BigInt(scale);
  const divisor = 10n ** BigInt(decimals.length);
  if (product % divisor !== 0n) return null;
  const value = Number(product / divisor);
  if (!Number.isSafeInteger(value)) return null;
  return value === 0 ? 0 : value; // `-0s` is 0.
}

interface Kind {
  readonly what: string;
  readonly units: Readonly<Record<string, number>>;
  readonly isSigned: boolean;
  readonly smallest: string;
  readonly examples: string;
  /** Units to offer where none was written. */
  readonly usual: readonly string[];
}

const durationKind: Kind = {
  what: 'a duration', units: usPerUnit, isSigned: false, smallest: 'one microsecond',
  examples: '1500us, 5ms, 10s or 2m', usual: ['ms', 's'],
};
const shiftKind: Kind = { ...durationKind, isSigned: true, examples: '-500ms, 5ms or 10s' };
const rateKind: Kind = {
  what: 'a rate', units: ppmPerUnit, isSigned: false, smallest: '1ppm',
  examples: '3%, 0.5% or 200ppm', usual: ['%'],
};
const driftKind: Kind = { ...rateKind, isSigned: true, examples: '-200ppm or 1%' };

/** One amount in the base unit; `impliedUnit` is that of the range's other end. */
function readAmount(text: string, kind: Kind, impliedUnit = ''): Reading<number> {
  const refuse = (why: string, hint = `write for example ${kind.examples}`): Reading<number> =>
    ({ ok: false, message: `${quote(text)} ${why}`, hint });
  const amount = amountOf(text);
  if (amount === null || amount.number.length > 20) return refuse(`is not ${kind.what}`);
  const { number } = amount;
  const unit = amount.unit === '' ? impliedUnit : amount.unit;
  if (unit === '' && Number(number) === 0) return { ok: true, value: 0 };
  if (unit === '') return refuse('has no unit', `write ${kind.usual.map((usual) => number + usual).join(' or ')}`);
  const scale = Object.hasOwn(kind.units, unit) ? kind.units[unit] : undefined;
  if (scale === undefined) return refuse('has a unit that is not known', unitHint(number, unit, kind));
  // `5 s` reads well, but one thing has one spelling.
  if (/\s/.test(text.trim())) return refuse('contains a space', `write ${number}${unit}`);
  if (!kind.isSigned && number.startsWith('-')) return refuse('is negative');
  const value = scaled(number, scale);
  return value === null ? refuse(`is not a whole number of ${kind.smallest}, or too large`) : { ok: true, value };
}

function unitHint(number: string, unit: string, kind: Kind): string {
  const name = unit.trim().toLowerCase();
  if (kind.units === usPerUnit && /^(h|hr|hrs|hours?)$/.test(name)) return `write ${Number(number) * 60}m`;
  const meant = Object.hasOwn(otherNames, name) ? otherNames[name] : name;
  if (meant !== undefined && Object.hasOwn(kind.units, meant)) return `write ${number}${meant}`;
  return `units are ${Object.keys(kind.units).join(', ')}; write for example ${kind.examples}`;
}

/** Ranges are drawn from with 32 random bits. */
const widthMax = 0xffff_ffff;

function readRange(text: string, kind: Kind): Reading<Range> {
  const ends = text.split('..');
  if (ends.length === 1) {
    const only = readAmount(text, kind);
    return only.ok ? { ok: true, value: { min: only.value, max: only.value } } : only;
  }
  const [first = '', second = '', ...more] = ends;
  if (more.length > 0 || first.trim() === '' || second.trim() === '') {
    const hint = `write one value or a range from..to: ${kind.examples}`;
    return { ok: false, message: `${quote(text)} is not a range`, hint };
  }
  const max = readAmount(second, kind);
  const min = readAmount(first, kind, amountOf(second)?.unit ?? '');
  if (!max.ok) return max;
  if (!min.ok) return min;
  if (max.value - min.value > widthMax) {
    return { ok: false, message: `${quote(text)} is too wide to draw from`, hint: 'a range spans at most 71m' };
  }
  if (min.value <= max.value) return { ok: true, value: { min: min.value, max: max.value } };
  const unit = amountOf(second)?.unit ?? '';
  const withUnit = amountOf(first)?.unit === '' ? `${first.trim()}${unit}` : first.trim();
  const hint = `write ${second.trim()}..${withUnit} with the smaller end first`;
  return { ok: false, message: `${quote(text)} ends below its beginning`, hint };
}

const [number, us, ppm] = ['[+-]?\\d+(\\.\\d+)?', '(us|ms|s|m)', '(%|ppm)'];

/** What the texts that the readers below take look like, for editors. No reader goes by them: a look is no value. */
export const quantityPatterns = {
  duration: `^\\s*${number}${us}?\\s*$`,
  durationRange: `^\\s*${number}${us}?\\s*(\\.\\.\\s*${number}${us}?\\s*)?$`,
  rate: `^\\s*${number}${ppm}?\\s*$`,
  rateRange: `^\\s*${number}${ppm}?\\s*(\\.\\.\\s*${number}${ppm}?\\s*)?$`,
} as const;

/** A duration in integer microseconds: `0`, `1500us`, `5ms`, `1.5s`, `2m`. */
export function readDuration(value: string | number): Reading<number> {
  return readAmount(String(value), durationKind);
}

/** A duration or a range of them, both ends included: `5ms`, `50..250ms`, `2s..5s`. */
export function readDurationRange(value: string | number): Reading<Range> {
  return readRange(String(value), durationKind);
}

/** As {@link readDurationRange}, but either way: `-10s..10s`. */
export function readShiftRange(value: string | number): Reading<Range> {
  return readRange(String(value), shiftKind);
}

/** A share in parts per million: `3%`, `0.5%`, `200ppm`, or a fraction below one. */
export function readRate(value: string | number): Reading<number> {
  const isFraction = typeof value === 'number' && value > 0 && value < 1;
  const read = readAmount(isFraction ? fractionInPpm(value) : String(value), rateKind);
  if (!read.ok || read.value <= 1_000_000) return read;
  return { ok: false, message: `${quote(String(value))} is more than everything`, hint: 'write at most 100%' };
}

/** A rate error of clocks, or a range of them, in parts per million: `200ppm`, `-1%..1%`. */
export function readDriftRange(value: string | number): Reading<Range> {
  const read = readRange(String(value), driftKind);
  if (!read.ok || (read.value.min >= -990_000 && read.value.max <= 1_000_000)) return read;
  return { ok: false, message: `${quote(String(value))} is not how clocks drift`, hint: 'write -99% to 100%' };
}

/** `0.03` as `30000ppm`. Its nearest whole number, when the fraction has at most six decimals. */
function fractionInPpm(fraction: number): string {
  const perMillion = Math.round(fraction * 1_000_000);
  return perMillion / 1_000_000 === fraction ? `${perMillion}ppm` : String(fraction);
}

/** A duration as a file would say it. */
export function formatDuration(us: number): string {
  const unit = ['m', 's', 'ms'].find((name) => us !== 0 && us % (usPerUnit[name] ?? 1) === 0) ?? 'us';
  return us === 0 ? '0' : `${us / (usPerUnit[unit] ?? 1)}${unit}`;
}
