import { printable } from './printable.ts';
import { padded, widestOf } from './width.ts';

/** Columns as kubectl aligns them: as wide as their widest cell, three spaces between. Ends with a line break. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map((cell) => printable(cell) || '<none>'))];
  const widths = headings.map((_, column) => widestOf(lines.map((line) => line[column] ?? '')));
  return lines.map((line) => `${formatLine(line, widths)}\n`).join('');
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => padded(cell, widths[column] ?? 0))
    .join('   ')
    .trimEnd();
}
