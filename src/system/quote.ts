/** A text that somebody else has written, in a message: in quotation marks, on one line, and short whatever it is. */
export function quote(text: string): string {
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** Characters: as much as tells which text it is. */
const longest = 80;
