/** Gives the first of equal texts in place of each later one, which then needs no memory. */
export type Intern = (text: string) => string;

/** Forgets everything now and then, so that names that nobody uses any more do not pile up. */
export function createIntern(limit = 10_000): Intern {
  const known = new Map<string, string>();
  return (text) => {
    const first = known.get(text);
    if (first !== undefined) return first;
    if (known.size >= limit) known.clear();
    known.set(text, text);
    return text;
  };
}
