/** The first line in which two texts differ, both sides; `null` if they are equal. Texts of runs are long. */
export function firstDifference(one: string, other: string): string | null {
  if (one === other) return null;
  const [lines, others] = [one.split('\n'), other.split('\n')];
  const place = lines.findIndex((line, index) => line !== others[index]);
  const at = place < 0 ? lines.length : place;
  return `line ${at + 1}: ${lines[at] ?? 'the end'}, not ${others[at] ?? 'the end'}`;
}
