import { commandSuite, optionsSuite } from '@iot/app-kit/testing';
import { expect, it } from 'vitest';
import { programs } from '../programs.js';
import { DAILY_LOG, GATEWAY, RELAY } from '../src/settings.js';

/** With a route, which a relay has to be given. */
const routed = { ...RELAY, parse: (args: readonly string[]) => RELAY.parse(['a=b', ...args]) };

optionsSuite({ 'mqtt-gateway': GATEWAY, 'daily-log': DAILY_LOG, relay: routed }, [
  ['relay', ['tx'], "'tx' is invalid for argument 'from=to'. It must be two ids with one = between them."],
  ['relay', ['a=b=c'], 'It must be two ids with one = between them.'],
  ['relay', ['=rx'], 'It must be two ids with one = between them.'],
  ['relay', ['a=b'], "'a=b' is invalid for argument 'from=to'. It was already given."],
]);

it('a relay needs a route', () => {
  expect(() => RELAY.parse([])).toThrow("missing required argument 'from=to'");
});

commandSuite(Object.keys(programs), ['--prot', '1'], /^error: unknown option '--prot'$/m);
