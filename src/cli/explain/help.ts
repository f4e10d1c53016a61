export const overview = `Says who holds an address, whether the holder lives, and what will free it and when;
or why a Pod has no address of a network that it asks for, and what to do;
or how full a pool is, and who holds the most of it. What is wrong comes first.`;

export const examples = `
Examples:
  antrea explain web-0                          # a Pod of the context's Namespace, or a pool
  antrea explain -n team web-0                  # or team/web-0: why has it no address?
  antrea explain 10.10.1.5                      # who holds it?
  antrea explain pool/vlan100                   # or pod/web-0, where both have one name
  antrea explain team/web-0 -o json | jq '.findings[] | select(.state == "fail")'

Exit codes: 0 explained, whatever the findings are; 2 what was typed names nothing; 3 there is no such Pod,
pool, or pool with this address; 4 the API server refuses to say.`;
