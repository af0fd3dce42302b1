/**
 * The measure for everything else: a typed binary heap and a switch, nothing else. Each of `pending` timers fires and
 * sets itself again after 1 to 5 ms (80 %) or 50 to 300 ms (20 %). Changed only by a decision page, because every
 * ratio in the bench table is taken against it.
 */
export function reference(pending: number, events: number): number {
  const capacity = pending + 1;
  const times = new Float64Array(capacity);
  const sequences = new Float64Array(capacity);
  const slots = new Int32Array(capacity);
  const kinds = new Uint8Array(capacity);
  let size = 0;
  let sequence = 0;
  let luck = 123_456_789;
  let checksum = 0;

  const draw = (bound: number): number => {
    luck ^= luck << 13;
    luck ^= luck >>> 17;
    luck ^= luck << 5;
    return (luck >>> 0) % bound;
  };
  const isBefore = (time: number, order: number, at: number): boolean =>
    time < (times[at] as number) || (time === times[at] && order < (sequences[at] as number));
  const place = (at: number, time: number, order: number, slot: number): void => {
    times[at] = time;
    sequences[at] = order;
    slots[at] = slot;
  };
  const push = (time: number, slot: number): void => {
    let at = size++;
    const order = sequence++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(time, order, parent)) break;
      place(at, times[parent] as number, sequences[parent] as number, slots[parent] as number);
      at = parent;
    }
    place(at, time, order, slot);
  };
  const pop = (): void => {
    size -= 1;
    const time = times[size] as number;
    const order = sequences[size] as number;
    const slot = slots[size] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(times[child + 1] as number, sequences[child + 1] as number, child)) child += 1;
      if (isBefore(time, order, child)) break;
      place(at, times[child] as number, sequences[child] as number, slots[child] as number);
      at = child;
    }
    place(at, time, order, slot);
  };

  for (let slot = 0; slot < pending; slot += 1) {
    kinds[slot] = slot % 4;
    push(draw(5_000), slot);
  }
  for (let event = 0; event < events; event += 1) {
    const time = times[0] as number;
    const slot = slots[0] as number;
    pop();
    switch (kinds[slot]) {
      case 0: checksum = (checksum + slot) | 0; break;
      case 1: checksum = (checksum ^ slot) | 0; break;
      case 2: checksum = Math.imul(checksum, 31) + slot; break;
      default: checksum = (checksum - slot) | 0; break;
    }
    push(time + (draw(5) < 4 ? 1_000 + draw(4_000) : 50_000 + draw(250_000)), slot);
  }
  return checksum;
}
