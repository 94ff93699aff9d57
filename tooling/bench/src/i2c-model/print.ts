/** `npm run model:i2c`: the tables of the README. */
import { latencyTable, throughputTable } from './table.js';

process.stdout.write(`${throughputTable()}\n\n${latencyTable()}\n`);
