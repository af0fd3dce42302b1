import type { Digest } from './digest.ts';
import { Stream } from './rng.ts';

/**
 * All random streams of one run, created at first use. A stream depends on the seed and its own label alone, so one
 * more draw in one place moves nothing elsewhere: shrinking and counterfactuals rest on that.
 */
export class Streams {
  private readonly seed: string;
  private readonly byLabel = new Map<string, Stream>();

  /** `seed` must not contain `/`, which separates it from the label. */
  constructor(seed: string) {
    this.seed = seed;
  }

  get(label: string): Stream {
    let stream = this.byLabel.get(label);
    if (stream === undefined) {
      stream = new Stream(this.seed, label);
      this.byLabel.set(label, stream);
    }
    return stream;
  }

  /** Folds the draw count and the next draw of every stream, in label order. Uses the streams up: call it last. */
  foldInto(digest: Digest): void {
    const labels = [...this.byLabel.keys()].sort((a, b) => (a < b ? -1 : 1));
    for (const label of labels) {
      const stream = this.get(label);
      digest.addText(label);
      digest.addNumber(stream.draws);
      digest.addNumber(stream.between(0, 0xffff_ffff));
    }
  }
}
