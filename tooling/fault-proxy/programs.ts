/** What a person starts, with its first file. */
export const programs = { proxy: 'src/cli.ts' };
