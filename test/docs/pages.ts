import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/paths.ts';

/** Markdown that people read, as paths from the root of the repository. */
export const pages: readonly string[] = [
  ...namesIn('.'),
  ...namesIn('docs'),
  ...readdirSync(join(root, 'docs/adr')).map((name) => `docs/adr/${name}`),
];

export function textOf(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** Without fenced and indented code, where brackets are no links and `#` is no heading. */
export function proseOf(page: string): string {
  const unfenced = textOf(page).replaceAll(/^```[^]*?^```$/gm, '');
  return unfenced.replaceAll(/^ {4,}.*$/gm, '');
}

/** What links to a heading end with, as GitHub makes it. */
export function anchorsOf(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}
