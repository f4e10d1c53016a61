/** What a runtime gives an ADD of `net1` of container `c1`. @param args CNI_ARGS */
export function addEnvironment(args: string): Readonly<Record<string, string>> {
  return {
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'c1',
    CNI_NETNS: '/run/netns/a',
    CNI_IFNAME: 'net1',
    CNI_PATH: '/opt/cni/bin',
    CNI_ARGS: args,
  };
}
