/**
 * The measure for everything else: a typed binary heap and a switch, nothing else. Each of `pending` timers fires and
 * sets itself again after 1 to 5 ms (80 %) or 50 to 300 ms (20 %). Changed only by a decision page, because every
 * ratio in the bench table is taken against it. It shares no code with the kernel.
 */
export function reference(pending: number, events: number): number {
  const timers = new Timers(pending);
  for (let slot = 0; slot < pending; slot += 1) timers.push(timers.draw(5_000), slot);
  for (let event = 0; event < events; event += 1) timers.fire();
  return timers.checksum;
}

class Timers {
  checksum = 0;
  private readonly times: Float64Array;
  private readonly sequences: Float64Array;
  private readonly slots: Int32Array;
  private readonly kinds: Uint8Array;
  private readonly luck = new Int32Array([123_456_789]);
  private size = 0;
  private sequence = 0;

  constructor(pending: number) {
    this.times = new Float64Array(pending + 1);
    this.sequences = new Float64Array(pending + 1);
    this.slots = new Int32Array(pending + 1);
    this.kinds = new Uint8Array(pending).map((_, slot) => slot % 4);
  }

  draw(bound: number): number {
    const { luck } = this;
    let word = luck[0] as number;
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    luck[0] = word;
    return (word >>> 0) % bound;
  }

  fire(): void {
    const time = this.times[0] as number;
    const slot = this.slots[0] as number;
    this.pop();
    switch (this.kinds[slot]) {
      case 0: this.checksum = (this.checksum + slot) | 0; break;
      case 1: this.checksum = (this.checksum ^ slot) | 0; break;
      case 2: this.checksum = (Math.imul(this.checksum, 31) + slot) | 0; break;
      default: this.checksum = (this.checksum - slot) | 0; break;
    }
    this.push(time + (this.draw(5) < 4 ? 1_000 + this.draw(4_000) : 50_000 + this.draw(250_000)), slot);
  }

  push(time: number, slot: number): void {
    const { times, sequences, slots } = this;
    let at = this.size;
    const order = this.sequence;
    this.size += 1;
    this.sequence += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent] as number;
      if (parentTime < time || (parentTime === time && (sequences[parent] as number) < order)) break;
      times[at] = parentTime;
      sequences[at] = sequences[parent] as number;
      slots[at] = slots[parent] as number;
      at = parent;
    }
    times[at] = time;
    sequences[at] = order;
    slots[at] = slot;
  }

  private pop(): void {
    const { times, sequences, slots } = this;
    this.size -= 1;
    const { size } = this;
    const time = times[size] as number;
    const order = sequences[size] as number;
    const slot = slots[size] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(child + 1, child)) child += 1;
      const childTime = times[child] as number;
      if (time < childTime || (time === childTime && order < (sequences[child] as number))) break;
      times[at] = childTime;
      sequences[at] = sequences[child] as number;
      slots[at] = slots[child] as number;
      at = child;
    }
    times[at] = time;
    sequences[at] = order;
    slots[at] = slot;
  }

  private isBefore(a: number, b: number): boolean {
    const { times, sequences } = this;
    const timeA = times[a] as number;
    const timeB = times[b] as number;
    return timeA < timeB || (timeA === timeB && (sequences[a] as number) < (sequences[b] as number));
  }
}
