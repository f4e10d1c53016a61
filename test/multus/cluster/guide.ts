import { parseAllDocuments } from 'yaml';
import { objectsIn, type JsonObject } from '../../fixture/json.ts';

/** The pools of the Antrea user guide: what its readers have. */
export const guidePools = `
apiVersion: "crd.antrea.io/v1alpha2"
kind: IPPool
metadata:
  name: pool1
spec:
  ipVersion: 4
  ipRanges:
  - start: "10.2.0.12"
    end: "10.2.0.20"
    gateway: "10.2.0.1"
    prefixLength: 24
    vlan: 2
---
apiVersion: "crd.antrea.io/v1alpha2"
kind: IPPool
metadata:
  name: ipv4-pool-1
spec:
  ipVersion: 4
  ipRanges:
  - cidr: "10.10.1.0/26"
    gateway: "10.10.1.1"
    prefixLength: 24
---
apiVersion: "crd.antrea.io/v1alpha2"
kind: IPPool
metadata:
  name: ipv6-pool-1
spec:
  ipVersion: 6
  ipRanges:
  - start: "3ffe:ffff:1:01ff::0100"
    end: "3ffe:ffff:1:01ff::0200"
    gateway: "3ffe:ffff:1:01ff::1"
    prefixLength: 64
`;

/** Its networks of other plugins, as the `config` of a NetworkAttachmentDefinition; the guide has eth0 on each Node. */
export const guideNetworks = {
  'ipv4-net-1': `{
    "cniVersion": "0.3.0",
    "name": "ipv4-net-1",
    "type": "macvlan",
    "master": "eth0",
    "mode": "bridge",
    "ipam": {
      "type": "antrea",
      "ippools": [ "ipv4-pool-1" ]
    }
  }`,
  'dual-stack-net-1': `{
    "cniVersion": "0.3.0",
    "name": "dual-stack-net-1",
    "type": "macvlan",
    "master": "eth0",
    "mode": "bridge",
    "ipam": {
      "type": "antrea",
      "ippools": [ "ipv4-pool-1", "ipv6-pool-1" ]
    }
  }`,
  'pool-and-static-net-1': `{
    "cniVersion": "0.3.0",
    "name": "pool-and-static-net-1",
    "type": "bridge",
    "bridge": "br0",
    "ipam": {
      "type": "antrea",
      "ippools": [ "ipv4-pool-1" ],
      "addresses": [
        { "address": "10.10.0.1/24", "gateway": "10.10.0.254" },
        { "address": "3ffe:ffff:0:01ff::1/64", "gateway": "3ffe:ffff:0::1" }
      ],
      "routes": [
        { "dst": "0.0.0.0/0" },
        { "dst": "192.168.0.0/16", "gw": "10.10.5.1" },
        { "dst": "3ffe:ffff:0:01ff::1/64" }
      ],
      "dns": {
        "nameservers" : ["8.8.8.8"],
        "domain": "example.com",
        "search": [ "example.com" ]
      }
    }
  }`,
};

/** Its VLAN network, whose pools the reader has to make up. */
export const guideVlan = `{
  "cniVersion": "0.3.0",
  "type": "antrea",
  "networkType": "vlan",
  "mtu": 1500,
  "vlan": 100,
  "ipam": {
    "type": "antrea",
    "ippools": ["vlan100-ipv4", "vlan100-ipv6"]
  }
}`;

export function documents(yaml: string): readonly JsonObject[] {
  return objectsIn(
    parseAllDocuments(yaml).map((document) => {
      const object: unknown = document.toJS();
      return object;
    }),
  );
}
