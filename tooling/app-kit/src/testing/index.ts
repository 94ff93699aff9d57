export { alive, freePort, holdPort, Program, type Outcome, type ProgramOptions } from './program.js';
