import type { StreamBinding } from './byte-stream.ts';
import type { ScriptConstructor } from './chunk.ts';
import type { SpawnSync } from './exec.ts';
import type { Child } from './start.ts';
import type { PipeBinding } from './unix-socket.ts';

/**
 * Of Node's own bindings, those that are used in place of the modules above them. No public interface (DEP0111): the
 * Node that has them is part of the executable.
 */
interface Bindings {
  readonly contextify: { readonly ContextifyScript: ScriptConstructor };
  readonly pipe_wrap: PipeBinding;
  readonly process_wrap: { readonly Process: new () => Child };
  readonly spawn_sync: SpawnSync;
  readonly stream_wrap: StreamBinding;
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the way to add to a type of Node's
  namespace NodeJS {
    interface Process {
      binding<Name extends keyof Bindings>(name: Name): Bindings[Name];
    }
  }
}
