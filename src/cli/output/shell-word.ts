/**
 * Text as one word of a command that somebody may copy into a shell: a name that was read from elsewhere may come from
 * somebody who means harm.
 */
export function shellWord(text: string): string {
  return /^[\w.:/@%+=-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
