import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Characters that are packed at a time. */
const CHUNK = 1 << 20;
/** The fastest: the text of a trace says the same things over and over. */
const LEVEL = 1;

/**
 * Lines of text, kept in a small part of their size and outside of the heap, to be read once more in their order. The
 * text of a trace of twenty simulated seconds can have hundreds of megabytes.
 */
export class PackedLines implements Iterable<string> {
  private readonly chunks: Uint8Array[] = [];
  private open: string[] = [];
  private openLength = 0;

  add(line: string): void {
    this.open.push(line);
    this.openLength += line.length;
    if (this.openLength < CHUNK) return;
    // As JSON: a line may hold whatever separates lines, and halves of characters that no encoding has.
    this.chunks.push(deflateRawSync(JSON.stringify(this.open), { level: LEVEL }));
    this.open = [];
    this.openLength = 0;
  }

  *[Symbol.iterator](): Generator<string> {
    for (const chunk of this.chunks) yield* JSON.parse(inflateRawSync(chunk).toString()) as string[];
    yield* this.open;
  }
}
