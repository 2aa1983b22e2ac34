/** Numbers and sentences as visitors read them. */
import { measuresOf, numbers, type Task } from 'masksearch/browser';

export const { count, fixed, nats } = numbers;
export const { percent, bytes } = numbers.plain;

/** For estimates: one unit is enough. */
export const duration = (seconds: number) => numbers.plain.duration(seconds, 'rough');

/** How good a network for this task is, and its loss. */
export const measures = (task: Task | undefined) => measuresOf(task, percent);

export const capitalized = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** `text` with a capital first letter and a full stop. */
export function sentence(text: string): string {
  return `${capitalized(text)}.`;
}
