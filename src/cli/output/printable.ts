/**
 * Text for a terminal, with nothing in it that a terminal obeys: control characters, line
 * separators, and characters that are invisible or change the direction of writing become `\u{…}`.
 * The name of a Pod or a pool may come from somebody who means harm.
 */
export function printable(text: string): string {
  return text.replaceAll(obeyed, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same, keeping its line breaks. */
export function printableLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map(printable);
}

/** The same of a document, which keeps its line breaks, and has an escape of its own for each other character. */
export function printableAs(document: string, escape: (character: string) => string): string {
  return document.replaceAll(obeyed, (character) => (character === '\n' ? character : escape(character)));
}

/** Whether it can stand in such a document as it is. */
export function isPrintable(text: string): boolean {
  return printableAs(text, () => '') === text;
}

/** Other, control; format; line and paragraph separator; surrogates that stand alone. */
const obeyed = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
