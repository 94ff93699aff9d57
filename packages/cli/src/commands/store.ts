/** `iot store`: the commands of `iot-store`. */
import { commandOf, COMMANDS, run, type Command as StoreCommand } from '@iot/store-level/internal';
import type { DefineCommand } from '../context.js';

export const store: DefineCommand = (group, { print }) => {
  for (const [name, { takes, help }] of Object.entries(COMMANDS)) {
    const command = group.command(name).description(help);
    for (const what of takes) command.argument(`<${what.toLowerCase()}>`);
    if (name === 'inspect') command.option('--lines', 'print the entries, with the text of the lines');
    command.action(async () => {
      const { lines } = command.opts<{ lines?: boolean }>();
      await run(commandOf(name as StoreCommand['name'], command.args, lines), print);
    });
  }
};
