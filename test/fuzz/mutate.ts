import type { Draw } from '../support/histories/random-history.ts';
import type { FuzzInput } from './inputs.ts';

/** Pieces that readers of some format treat in a way of their own. */
const pieces: Readonly<Record<FuzzInput['kind'] | 'any', readonly string[]>> = {
  'any': [
    '\ufeff', '\r\n', '\n', '\t', ' ', '\0', '\u001b[2J', '\u2028', '\u202e', '\ufffd', '\ud800', '😀', '漢', '"', "'",
    '\\', '\\u0000', '\\ud83d', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '-1', '0',
    '1e308', '1e-400', '9007199254740993', '99999999999999999999', '0x10', 'NaN', 'Infinity', 'null', 'true',
    '::error::x', '<b>', '%s', '/', '../..',
  ],
  'scenario': [
    ': ', '- ', '? ', '[', ']', '{', '}', ', ', '&a ', '*a', '*t', '!', '!!map ', '|', '>', '|2+\n', '#', '%YAML 1.1\n',
    '---\n', '...\n', '<<: ', '..', '~', 'name: ', '  ', '\n  ', '9999m', '-5ms', '1..', '0ms', '100%', '1000000ppm',
    'leader', 'n99', 'c9', 'all', 'it', 'crash: ', 'random: ', 'when: ', 'for: 1s', 'kinds: [', 'raft', 'swarm',
  ],
  'jsonl': [
    '{', '}', '[', ']', ':', ',', '{"__proto__":1}', '"process":', '"type":"ok"', '"type":"info"', '"f":"cas"',
    '"value":', '"key":"__proto__",', '[[[[', '"nemesis"', '"error":"x",', '1.5', '-0',
    '{"index":0,"time":0,"process":0,',
  ],
  'edn': [
    '{', '}', '[', ']', '(', ')', '#{', '#_', '#inst ', '##NaN', '^:a ', ':', '::x', ':nemesis', ':ok', ':info', ':cas',
    ':__proto__ 1', '1/2', '1N', '1M', '\\newline', '\\u00e9', '\\o7', ';', 'nil', '[1 nil]', '[:k [1 2]]', ':value ',
  ],
  'jepsen-log': [
    ' :invoke :read nil', '\t:ok\t:write\t', ':nemesis\t:info\t:start\tnil', '0\t', '99\t', ':cas\t[1 2]', ':timed-out',
    '[', ']', '#{', '#_', '{:type :ok', '\t', ':', 'nil', '[0 nil]', '[0 [1 2]]',
  ],
};

/** Longest input: a little above what a scenario may have. */
const lengthMax = 300_000;

/** A text with one to six wounds, some of them from `other`, a text of the same kind. */
export function mutated(text: string, other: string, kind: FuzzInput['kind'], draw: Draw): Buffer {
  let damaged = text;
  const wounds = 1 + Math.min(draw(6), draw(6));
  for (let wound = 0; wound < wounds; wound += 1) damaged = wounded(damaged, other, kind, draw).slice(0, lengthMax);
  const bytes = Buffer.from(damaged, 'utf8');
  if (draw(20) === 0 && bytes.length > 0) bytes[draw(bytes.length)] = draw(256);
  return bytes;
}

function wounded(text: string, other: string, kind: FuzzInput['kind'], draw: Draw): string {
  const at = draw(text.length + 1);
  const length = draw(3) === 0 ? draw(80) : draw(6);
  const piece = pieceFor(kind, draw);
  const [head, tail] = [text.slice(0, at), text.slice(at)];
  switch (draw(16)) {
    case 0: return head + tail.slice(length);
    case 1: case 2: case 3: return head + piece + tail;
    case 4: return head + piece + tail.slice(length);
    case 5: return head + repeated(piece, draw) + tail;
    case 6: return head + tail.slice(0, length) + tail; // Twice.
    case 7: return head;
    case 8: return head + other.slice(draw(other.length + 1));
    case 9: return withoutLine(text, draw) + (draw(2) === 0 ? '' : piece);
    case 10: return text.replace(/\d+/g, (digits) => (draw(6) === 0 ? numberLike(digits, draw) : digits));
    case 11: return draw(2) === 0 ? text.replaceAll('\n', '\r\n') : `\ufeff${text}`;
    default: return withWord(text, draw(2) === 0 ? text : other, draw); // The syntax stays; what it says does not.
  }
}

/** One word, number or quoted text in the place of another. */
function withWord(text: string, source: string, draw: Draw): string {
  const word = /"[^"\n]*"|[\w.-]+/g;
  const words = source.match(word) ?? [''];
  const places = [...text.matchAll(word)];
  const place = places[draw(Math.max(1, places.length))];
  if (place === undefined) return text;
  return text.slice(0, place.index) + (words[draw(words.length)] ?? '') + text.slice(place.index + place[0].length);
}

function pieceFor(kind: FuzzInput['kind'], draw: Draw): string {
  const list = draw(3) === 0 ? pieces.any : pieces[kind];
  return list[draw(list.length)] ?? '';
}

/** Now and then so many that only limits keep the reader from drowning. */
function repeated(piece: string, draw: Draw): string {
  const count = [3, 40, 1_000, 70_000][draw(draw(8) === 0 ? 4 : 2)] ?? 3;
  return piece.repeat(Math.min(count, Math.ceil(lengthMax / Math.max(1, piece.length))));
}

function withoutLine(text: string, draw: Draw): string {
  const lines = text.split('\n');
  const [line = ''] = lines.splice(draw(lines.length), 1);
  if (draw(2) === 0) lines.splice(draw(lines.length + 1), 0, line);
  return lines.join('\n');
}

function numberLike(digits: string, draw: Draw): string {
  const others = ['0', '-1', '1', '4294967296', '9007199254740993', ''];
  const choices = [...others, `${digits}0`, `${digits}000000`, `${digits}.5`];
  return choices[draw(choices.length)] ?? digits;
}
