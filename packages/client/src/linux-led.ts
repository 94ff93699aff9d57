/** A function for the option `heartbeat` that blinks an LED of a Linux board, through the files in /sys/class/leds. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@iot/framing';

export interface LinuxLedOptions {
  /** The folder with the LEDs. Default /sys/class/leds. */
  readonly root?: string | undefined;
}

/**
 * Returns a function that toggles the LED with this name (`/sys/class/leds/NAME/brightness`). As option `heartbeat` it makes
 * the LED blink while keepalives of the server arrive. The call of `linuxLed` turns off the kernel's own use of the LED (its
 * trigger). The green LED of a Raspberry Pi has the name `ACT`, on older systems `led0`.
 *
 * @throws UsageError `ERR_BAD_OPTION` when there is no LED of this name (the message lists those that exist), or when this
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
      // Synchronous, because the kernel accepts a few bytes without delay.
      writeFileSync(file('brightness'), on ? brightest : '0');
    } catch {
      // A missing LED must not affect the link.
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
    // A machine without LEDs does not have this folder.
  }
  return names.length === 0 ? `there is none in ${root}` : `the LEDs in ${root} are ${names.join(', ')}`;
}
