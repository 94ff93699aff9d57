/** What a person starts, each with its first file. */
export const programs = {
  server: 'src/server.ts',
  client: 'src/client.ts',
  campaign: 'campaign/campaign.ts',
};

/** What the programs start. */
export const workers = { worker: 'campaign/worker.ts' };
