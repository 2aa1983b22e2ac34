/** Numbers and sentences as visitors read them. */
import { numbers } from 'masksearch/browser';

export const { count, fixed, nats } = numbers;
export const { percent, bytes } = numbers.plain;

/** For estimates: one unit is enough. */
export const duration = (seconds: number) => numbers.plain.duration(seconds, 'rough');

/** `text` with a capital first letter and a full stop. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
