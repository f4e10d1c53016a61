import { InvalidArgumentError } from 'commander';

/** It becomes the name of a file, and the `type` of a network. @throws InvalidArgumentError for commander */
export function parsePluginName(text: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits, dots, hyphens and underscores, such as antrea-vlan.');
}
