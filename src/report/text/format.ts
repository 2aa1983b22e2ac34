/** Numbers for people. The exact ones are in result.json and history.csv. */

/** Between a number and its unit: they stay on one line. */
const space = '\u00a0';

/** A fraction as a percentage. */
export function percent(fraction: number): string {
  return `${fixed(100 * fraction, 2)}${space}%`;
}

/** With exactly `digits` decimals. */
export function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : String(value);
}

/** With `digits` significant digits, without trailing zeros. */
export function significant(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** Every digit of a number, in groups of three; other values as they are. */
export function parameter(value: number | string | boolean): string {
  return typeof value === 'number'
    ? value.toLocaleString('en-US', { maximumFractionDigits: 20 })
    : String(value);
}

/** A whole number in groups of three digits. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A whole number of things: "1 image", "2,000 images". */
export function counted(value: number, thing: string): string {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`;
}

/** A large number in words: "1.23 trillion". */
export function inWords(value: number): string {
  return value.toLocaleString('en-US', {
    notation: 'compact',
    compactDisplay: 'long',
    maximumSignificantDigits: 3,
  });
}

export function bytes(value: number): string {
  if (value < 1e4) return `${count(value)}${space}bytes`;
  return value < 1e6
    ? `${significant(value / 1e3, 3)}${space}kB`
    : `${significant(value / 1e6, 3)}${space}MB`;
}

/** `seconds` as "12.3 s", "3 min 5 s" or "2 h 10 min". */
export function duration(seconds: number): string {
  if (!(seconds >= 60)) return `${significant(seconds, 3)}${space}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}${space}min ${whole % 60}${space}s`;
  const minutes = Math.round(seconds / 60);
  return `${count(Math.floor(minutes / 60))}${space}h ${minutes % 60}${space}min`;
}
