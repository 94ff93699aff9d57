/** Chromium without a window, as root in a machine without a network. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** @throws Error when there is none */
export async function startChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(
      `There is no Chromium at ${executablePath}: install it (Debian's package is chromium), or set CHROMIUM.`,
    );
  }
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', ...quiet];
  return chromium.launch({ executablePath, args, timeout: 0 });
}
