/** `iot keys`: the keys of clients for TLS, in the file that `@iot/server/keys` reads. */
import { openKeysOfAnyUser } from '@iot/server/internal';
import type { Command } from 'commander';
import type { DefineCommand, Context } from '../context.js';
import { CommandError } from '../exit-codes.js';
import { addKey, revokeKey } from '../key-file.js';

interface KeysOptions {
  readonly file: string;
  readonly json?: boolean;
}

export const keys: DefineCommand = (group, { print, say }) => {
  const after = 'a running server uses the change after SIGHUP or a restart';

  common(group.command('add <id>').description('make a key for a client, and print it as ID:KEY')).action(
    async (id: string, { file, json }: KeysOptions) => {
      printKey(print, id, await addKey(file, id), json);
      say(`${JSON.stringify(id)} has a key in ${file}; ${after}`);
    },
  );

  common(
    group.command('list').description('print the ids of the clients that have a key, without the keys'),
  ).action(async ({ file, json }: KeysOptions) => {
    const { identities } = await openKeysOfAnyUser(file);
    if (json === true) print(JSON.stringify(identities));
    else identities.forEach((id) => print(id));
  });

  common(group.command('revoke <id>').description('remove the key of a client from the file')).action(
    async (id: string, { file, json }: KeysOptions) => {
      await revokeKey(file, id);
      if (json === true) print(JSON.stringify({ id }));
      say(`${JSON.stringify(id)} has no key in ${file} any more; ${after}`);
    },
  );

  common(group.command('show <id>').description('print the key of a client as ID:KEY')).action(
    async (id: string, { file, json }: KeysOptions) => {
      const key = (await openKeysOfAnyUser(file)).get(id);
      if (key === undefined) throw new CommandError(5, `${file} has no key of ${JSON.stringify(id)}`);
      printKey(print, id, key, json);
    },
  );
};

function common(command: Command): Command {
  return command.option('--file <file>', 'the file of keys', 'keys.psk').option('--json', 'print JSON');
}

function printKey(print: Context['print'], id: string, key: Buffer, json = false): void {
  const digits = key.toString('hex');
  print(json ? JSON.stringify({ id, key: digits }) : `${id}:${digits}`);
}
