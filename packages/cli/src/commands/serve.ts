/** `iot serve`: a server for boards, from options or a file. */
import type { DefineCommand } from '../context.js';
import { effective } from '../serve/effective.js';
import { asJson, asText, Log } from '../serve/log.js';
import { addServeOptions, settingsOf } from '../serve/options.js';

export const serve: DefineCommand = (command, context) => {
  addServeOptions(command).action(async () => {
    const config = settingsOf(command);
    const shown = JSON.stringify(effective(config), undefined, 2);
    if (command.getOptionValue('printConfig') === true) {
      context.print(shown);
      return;
    }
    const { serve: run } = await import('../serve/serve.js');
    const isTerminal = process.stderr.isTTY;
    const format = isTerminal ? asText(process.env['NO_COLOR'] === undefined) : asJson;
    await run(() => settingsOf(command), new Log(config.logLevel ?? 'info', format, context.say), context);
  });
};
