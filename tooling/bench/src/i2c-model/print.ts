/** `npm run model:i2c`: prints the tables in the README of @iot/i2c-link. */
import { latencyTable, throughputTable } from './table.js';

process.stdout.write(`${throughputTable()}\n\n${latencyTable()}\n`);
