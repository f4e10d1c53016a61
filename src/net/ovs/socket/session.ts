import { Failure } from '../../../system/failure.ts';
import { sleep } from '../../../system/sleep.ts';
import { deadlineIn } from '../../../system/time.ts';
import { ConnectError } from '../../../system/byte-stream.ts';
import { backoff, patienceOf, type OvsOptions } from '../driver.ts';
import { connectionBroke, noAnswer, OvsUnreachable } from '../failures.ts';
import { ConnectionError, openDatabase, TransactionError, type Database } from './database.ts';

/** A connection for as long as `work` lasts. @throws Failure */
export async function withDatabase<T>(options: OvsOptions, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await connect(options);
  try {
    return await work(database);
  } catch (error) {
    throw error instanceof Error ? failureOf(error, options.database) : error;
  } finally {
    database.close();
  }
}

/** The listen backlog of ovsdb-server (64) overflows when a hundred connect at once. */
async function connect(options: OvsOptions): Promise<Database> {
  const end = deadlineIn(patienceOf(options));
  for (let attempt = 1; ; attempt++) {
    try {
      return await openDatabase(options.database.replace(/^unix:/, ''));
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      if (error.code !== 'EAGAIN' || end.remaining() <= 1) throw new OvsUnreachable(options.database, error.message);
      await sleep(backoff(attempt));
    }
  }
}

function failureOf(error: Error, database: string): Error {
  if (error instanceof TransactionError) return new Failure('wiring', `Open vSwitch: ${error.message}`);
  if (!(error instanceof ConnectionError)) return error;
  return error.timedOut ? noAnswer(database) : connectionBroke(database, error.message);
}
