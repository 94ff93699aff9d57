/**
 * The number in this environment variable, such as a number of test cases. Returns `otherwise` if the
 * variable is not set or empty.
 *
 * @throws RangeError for anything but a whole number from 1 on: with NaN no case would be tried, and the test would pass.
 */
export function countFromEnv(name: string, otherwise: number): number {
  const text = process.env[name] ?? '';
  if (text === '') return otherwise;
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new RangeError(`${name} must be a whole number of at least 1, not ${JSON.stringify(text)}`);
  return Number(text);
}
