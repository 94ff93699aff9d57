/** `iot disconnect`: ends the link of a client, which may connect again. */
import type { DefineCommand } from '../context.js';
import { AdminApi, withApiOptions, type ApiOptions } from '../fleet/admin-api.js';

export const disconnect: DefineCommand = (command, { print, say, stop }) => {
  withApiOptions(command.argument('<id>')).action(async (id: string, options: ApiOptions) => {
    const api = await AdminApi.open(options, stop);
    const answer = (await api.post(`/clients/${encodeURIComponent(id)}/disconnect`, 'disconnected')) as {
      readonly disconnected: boolean;
    };
    if (options.json === true) print(JSON.stringify(answer));
    else say(`${JSON.stringify(id)} ${answer.disconnected ? 'is disconnected' : 'had no link'}`);
  });
};
