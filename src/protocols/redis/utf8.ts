/** The bytes of a text: what Redis counts where it counts characters. */
export function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return bytes;
}

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}

/** As much of a text as fits into so many bytes. */
export function cutToBytes(text: string, bytesMax: number): string {
  let [cut, bytes] = ['', 0];
  for (const character of text) {
    bytes += utf8(character).length;
    if (bytes > bytesMax) break;
    cut += character;
  }
  return cut;
}
