export { alive, at, holdPort, Program, type Outcome, type ProgramOptions } from './program.js';
