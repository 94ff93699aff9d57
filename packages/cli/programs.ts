/** The program, with its first file. */
export const programs = { iot: 'src/main.ts' };
