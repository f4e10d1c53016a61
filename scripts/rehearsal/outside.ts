import type { Outside } from '../../src/plugin/main.ts';

/** Everything of the process itself, so that it is compiled; but its input is another, and so are the programs. */
export function outside({ own, said }: Process, { command, nodeFile, config, ifname }: Asked): Outside {
  return {
    ...own,
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: 'rehearsal',
      CNI_NETNS: '/proc/self/ns/net',
      CNI_IFNAME: ifname,
      CNI_PATH: '/opt/cni/bin',
      CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=rehearsal',
      ANTREA_NODE_CONFIG: nodeFile,
    },
    argv0: 'antrea',
    readStdin: () => {
      own.readStdin();
      return Buffer.from(JSON.stringify(config));
    },
    writeStdout: (text) => {
      own.writeStdout(text);
      said.push(text);
    },
    isOwnNetns: (path) => {
      own.isOwnNetns(path);
      return false;
    },
    // In place of the program: starting a process is part of what is rehearsed.
    exec: (_command, _args, options) => own.exec('true', [], options),
    start: (_command, _args, options) => own.start('sh', ['-c', standIn], options),
  };
}

interface Asked {
  readonly command: string;
  readonly nodeFile: string;
  readonly config: object;
  readonly ifname: string;
}

interface Process {
  readonly own: Outside;
  /** Gets what is printed. */
  readonly said: string[];
}

/** Answers as `ip` does, and as who makes the settings (src/net/attach.ts). */
const standIn = `
exec >&0
{
  while read -r line <&2; [ "$line" ]; do :; done
  echo
  if read -r _ <&2; then cat <&2 >/dev/null; echo; fi
} &
while read -r line; do case $line in "link show"*) echo;; esac; done
`;
