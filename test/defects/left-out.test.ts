import { expect, it } from 'vitest';
import { leftOut } from './left-out.ts';
import { exhibits } from './museum.ts';

it('nothing is claimed of a row that is left out', () => {
  const rows = new Set(exhibits.map(({ row }) => row));
  expect(leftOut.filter(({ row }) => rows.has(row))).toEqual([]);
  expect(new Set(leftOut.map(({ row }) => row)).size).toBe(leftOut.length);
});
