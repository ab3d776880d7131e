/** A re-keying: every fail point x every answer of a server of 2023 x cable x power, in this process and in virtual time. */
import { processCells } from './process-suite.ts';

await processCells('rekey', '2023');
