/** `iot disconnect`: ends the link of a client, which may come again. */
import type { AddCommand } from '../context.js';
import { AdminApi, withApiOptions, type ApiOptions } from '../fleet/admin-api.js';

export const disconnect: AddCommand = (iot, { print, say, stop }) => {
  const command = iot.command('disconnect <id>').description('end the link of a client; it may come again');
  withApiOptions(command).action(async (id: string, options: ApiOptions) => {
    const api = await AdminApi.open(options, stop);
    const answer = (await api.post(`/clients/${encodeURIComponent(id)}/disconnect`, 'disconnected')) as {
      readonly disconnected: boolean;
    };
    if (options.json === true) print(JSON.stringify(answer));
    else say(`${JSON.stringify(id)} ${answer.disconnected ? 'is disconnected' : 'had no link'}`);
  });
};
