/** What the demo prints: numbered steps, the commands as a person would type them, and what they said. */
export interface Show {
  /** `3. Attach …`: a new step. */
  readonly step: (title: string) => void;
  /** A sentence that explains. */
  readonly note: (text: string) => void;
  /** `$ command`, then its output. */
  readonly command: (command: string, output?: string) => void;
}

export function createShow(write: (text: string) => void): Show {
  let steps = 0;
  const indented = (text: string): void => {
    for (const line of text.split('\n')) write(`   ${line}`.trimEnd());
  };
  return {
    step(title) {
      steps += 1;
      write(`\n${steps}. ${title}`);
    },
    note: indented,
    command(command, output = '') {
      indented(`$ ${command}`);
      if (output.trim() !== '') indented(output.trimEnd());
    },
  };
}
