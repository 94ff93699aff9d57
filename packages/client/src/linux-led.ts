/** The heartbeat of a Linux board: one of its LEDs, by the files of the kernel. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@iot/framing';

export interface LinuxLedOptions {
  /** Where the kernel shows its LEDs. Default /sys/class/leds. */
  readonly root?: string | undefined;
}

/**
 * A heartbeat that toggles `/sys/class/leds/NAME/brightness`: an LED that blinks while the server is heard. What else
 * drives the LED (its trigger) is turned off. The name is one of those in /sys/class/leds: the green LED of a Raspberry
 * Pi is `ACT`, on older systems `led0`.
 *
 * @throws UsageError `ERR_BAD_OPTION` when there is no LED of this name (the message lists those that exist), or this
 * user may not write to it.
 */
export function linuxLed(name: string, { root = '/sys/class/leds' }: LinuxLedOptions = {}): () => void {
  const file = (which: string) => join(root, name, which);
  let on = false;
  let brightest: string;
  try {
    if (name === '' || name.includes('/')) throw new Error('not the name of an LED');
    brightest = readFileSync(file('max_brightness'), 'utf8').trim();
    writeFileSync(file('trigger'), 'none');
    writeFileSync(file('brightness'), '0');
  } catch (error) {
    throw new UsageError('ERR_BAD_OPTION', `cannot use the LED ${name}: ${advice(error, root)}`, {
      cause: error,
    });
  }
  return () => {
    on = !on;
    try {
      // A few bytes to the kernel, which takes them at once.
      writeFileSync(file('brightness'), on ? brightest : '0');
    } catch {
      // An LED that is gone is no reason to end the link.
    }
  };
}

function advice(error: unknown, root: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return existing(root);
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write to it: run as root, or let a udev rule give it to a group';
    default:
      return (error as Error).message;
  }
}

function existing(root: string): string {
  let names: string[] = [];
  try {
    names = readdirSync(root).sort();
  } catch {
    // A machine without LEDs has no folder of them.
  }
  return names.length === 0 ? `there is none in ${root}` : `the LEDs in ${root} are ${names.join(', ')}`;
}
