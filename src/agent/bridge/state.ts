/** What the secondary bridge of this Node is at. */
export type BridgeState =
  /** The agent has nothing to do with bridges. */
  | { readonly phase: 'off' }
  /** Not looked at yet, or something is in the way. */
  | { readonly phase: 'failed'; readonly reason: string }
  /** There is to be none, and there is none. */
  | { readonly phase: 'none' }
  | { readonly phase: 'ready'; readonly name: string; readonly uplinks: readonly string[] }
  /** It is to go, or another one is to come, when no Pod is attached to it any more: nothing new may be attached. */
  | { readonly phase: 'draining'; readonly name: string; /** Of Pods. */ readonly ports: number };
