import { Failure } from '../../system/failure.ts';

/** Something listens there that does not serve CRI, such as the containerd of a Docker host: it has no sandboxes of Pods. */
export class NoRuntime extends Failure {
  override readonly name = 'NoRuntime';

  constructor(socket: string, details: string) {
    super('unsupported', `what listens at ${socket} is no container runtime with CRI v1`, { details });
  }
}
