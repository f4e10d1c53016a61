import { announce } from '../../src/agent-protocol/announcement.ts';
import { openExchange } from '../../src/agent-protocol/exchange.ts';

// Announces what comes over standard input, asks over the same connection, and says what it has.
const announced = await announce(process.env);
const { connection, stdin } = announced ?? {};
const answer = connection && (await openExchange(connection.path, undefined, connection).ask({ op: 'hello' }, 5000));
process.stdout.write(JSON.stringify({ stdin: stdin?.toString(), isTold: connection !== undefined, answer }));
process.exit();
