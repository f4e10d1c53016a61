import { Failure } from '../system/failure.ts';

/** A failure that is about one of several attachments which are made or taken back together. */
export class PortFailure extends Failure {
  override readonly name = 'PortFailure';
  /** Name of its port, and of its interface on the host. */
  readonly port: string;

  constructor(port: string, { kind, message, details, cause }: Failure) {
    super(kind, message, { ...(details !== undefined && { details }), ...(cause !== undefined && { cause }) });
    this.port = port;
  }
}
