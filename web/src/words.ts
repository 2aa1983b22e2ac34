/** Numbers as people read them. */
const whole = new Intl.NumberFormat('en');

export const count = (value: number) => whole.format(Math.round(value));
export const percent = (fraction: number, digits = 2) => `${(100 * fraction).toFixed(digits)} %`;
export const nats = (loss: number) => loss.toFixed(4);

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export function bytes(size: number): string {
  return size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} KB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** First letter large, full stop at the end. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
