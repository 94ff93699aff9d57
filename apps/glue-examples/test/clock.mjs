// Loaded into a program before its own code: the date is what its standard input said last, at first START.
import { createInterface } from 'node:readline';

const Real = Date;
let now = Real.parse(process.env.START);

globalThis.Date = class extends Real {
  constructor(...args) {
    super(...(args.length === 0 ? [now] : args));
  }
  static now() {
    return now;
  }
};

createInterface({ input: process.stdin }).on('line', (line) => {
  now = Real.parse(line);
  process.stdout.write(`the clock says ${line}\n`);
});
process.stdin.unref(); // it keeps no program alive
