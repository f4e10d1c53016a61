import type { Desk } from './command-line.ts';

/** Every command, in the order in which a reader wants them. */
export const commands = [
  '',
  'check',
  'install',
  'ippool',
  'ippool apply',
  'ippool get',
  'ippool delete',
  'explain',
  'agent',
  'controller',
  'version',
] as const;

/** docs/cli.md: what `--help` says. */
export async function reference(desk: Desk): Promise<string> {
  const sections: string[] = [introduction];
  for (const command of commands) {
    const { stdout } = await desk.antrea([...command.split(' ').filter(Boolean), '--help']);
    sections.push(`## antrea ${command}`.trimEnd(), `\`\`\`text\n${stdout.trim()}\n\`\`\``);
  }
  return `${sections.join('\n\n')}\n`;
}

const introduction = `# The command line

What \`antrea --help\` and the help of each command say. This page is made from them: \`npx vitest run test/cli/help.test.ts -u\`.`;
