/** The bench server in a process of its own, as a server is: prints its URL, ends with its stdin. */
import process from 'node:process';
import { startMenderServer } from '../../src/rehearsal/server/index.ts';

const server = await startMenderServer();
process.stdout.write(`${server.url}\n`);
process.stdin.resume();
process.stdin.once('end', () => void server.close());
