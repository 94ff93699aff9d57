/** The programs, each with its first file. */
export const programs = {
  server: 'src/server.ts',
  client: 'src/client.ts',
  campaign: 'campaign/campaign.ts',
};
