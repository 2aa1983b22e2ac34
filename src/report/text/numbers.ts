/** Numbers for people: on a terminal, in reports and on the page. The exact ones are in JSON and CSV files. */

/** A number with exactly `digits` decimals. */
export function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : String(value);
}

/** With `digits` decimals and a sign; a value that shows as 0 has none. */
export function signed(value: number, digits = 2): string {
  const size = fixed(Math.abs(value), digits);
  if (Number.isNaN(value) || Number(size) === 0) return size;
  return `${value > 0 ? '+' : '−'}${size}`;
}

/** With `digits` significant digits, without trailing zeros. */
export function significant(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** With four or five digits, trailing zeros included, so that numbers in a column can be compared: "0.123", "45.60", "1235". */
export function inColumn(value: number): string {
  return value.toFixed(value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0);
}

/** A loss in nats. */
export function nats(loss: number): string {
  return fixed(loss, 4);
}

/** Every digit of a number, in groups of three; other values as they are. */
export function parameter(value: number | string | boolean): string {
  return typeof value === 'number'
    ? value.toLocaleString('en-US', { maximumFractionDigits: 20 })
    : String(value);
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A whole number in groups of three digits; others are rounded to one. */
export function count(value: number): string {
  return whole.format(Math.round(value));
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

/**
 * How a duration is shown. Below a minute, `exact` has three significant digits, `short` one decimal up to 10 s and none
 * above. Both have two units above. `rough` has one unit: for estimates.
 */
export type DurationDetail = 'exact' | 'short' | 'rough';

/** Formats of numbers with a unit. */
export interface UnitFormats {
  /** A fraction as a percentage, with two decimals unless told otherwise. */
  readonly percent: (fraction: number, digits?: number) => string;
  /** `seconds` as "12.3 s", "3 min 5 s" or "2 h 10 min"; `exact` unless told otherwise. */
  readonly duration: (seconds: number, detail?: DurationDetail) => string;
  /** "7,684 bytes", "246 kB" or "10.9 MB", where a kB is 1,000 bytes. */
  readonly bytes: (value: number) => string;
}

/** Formats with `space` between a number and its unit. */
export function unitFormats(space: string): UnitFormats {
  const unit = (text: string, name: string) => `${text}${space}${name}`;

  function belowMinute(seconds: number, detail: DurationDetail): string {
    if (detail === 'exact') return significant(seconds, 3);
    return fixed(seconds, detail === 'short' && seconds < 10 ? 1 : 0);
  }

  function rough(seconds: number): string {
    if (seconds < 90) return unit(belowMinute(seconds, 'rough'), 's');
    return seconds < 5400 ? unit(fixed(seconds / 60, 0), 'min') : unit(fixed(seconds / 3600, 1), 'h');
  }

  return {
    percent: (fraction, digits = 2) => unit(fixed(100 * fraction, digits), '%'),
    duration(seconds, detail = 'exact') {
      if (detail === 'rough') return rough(seconds);
      const inSeconds = detail === 'short' ? Math.round(seconds) : seconds;
      if (!(inSeconds >= 60)) return unit(belowMinute(seconds, detail), 's');
      const rounded = Math.round(seconds);
      if (rounded < 3600) {
        return `${unit(`${Math.floor(rounded / 60)}`, 'min')} ${unit(`${rounded % 60}`, 's')}`;
      }
      const minutes = Math.round(seconds / 60);
      return `${unit(count(Math.floor(minutes / 60)), 'h')} ${unit(`${minutes % 60}`, 'min')}`;
    },
    bytes(value) {
      if (value < 1e4) return unit(count(value), 'bytes');
      return value < 1e6 ? unit(significant(value / 1e3, 3), 'kB') : unit(significant(value / 1e6, 3), 'MB');
    },
  };
}

/** For HTML files: a number and its unit stay on one line. */
export const { percent, duration, bytes } = unitFormats('\u00a0');

/** For terminals, where a no-break space has no effect, and for the page. */
export const plain = unitFormats(' ');
