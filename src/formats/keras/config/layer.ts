/** One layer of a configuration, and how what is in it is read. */
import type { MasksearchError } from '../../../core/error.ts';
import type { Size2d } from '../../../network/network.ts';
import { shown } from '../../safetensors/header.ts';
import { unsupported } from '../errors.ts';
import { get, isList, isObject, type Json, type JsonObject } from './json.ts';

export class Layer {
  readonly className: string;
  readonly name: string;
  readonly config: JsonObject;
  /** Names of the models that it is inside of, the outermost first. */
  readonly path: readonly string[];

  constructor(className: string, name: string, config: JsonObject, path: readonly string[] = []) {
    this.className = className;
    this.name = name;
    this.config = config;
    this.path = path;
  }

  unsupported(why: string, fix?: string): MasksearchError {
    return unsupported(this.className, this.name, why, fix);
  }

  /** The value of the first of these keys, whose names changed between versions of Keras. */
  get(...keys: readonly string[]): Json {
    return get(this.config, ...keys);
  }

  number(fallback: number, ...keys: readonly string[]): number {
    const value = this.get(...keys) ?? fallback;
    if (typeof value === 'number') return value;
    throw this.#misfit(keys, value, 'a number');
  }

  flag(fallback: boolean, ...keys: readonly string[]): boolean {
    const value = this.get(...keys) ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.#misfit(keys, value, 'true or false');
  }

  text(fallback: string, ...keys: readonly string[]): string {
    const value = this.get(...keys) ?? fallback;
    if (typeof value === 'string') return value;
    throw this.#misfit(keys, value, 'text');
  }

  /** Numbers of an axis each, of which all may be the same one. */
  numbers(count: number, fallback: number | undefined, ...keys: readonly string[]): readonly number[] {
    const value = this.get(...keys) ?? fallback;
    if (typeof value === 'number') return new Array<number>(count).fill(value);
    if (isList(value) && value.length === count && value.every((one) => typeof one === 'number'))
      return value;
    throw this.#misfit(keys, value, count === 1 ? 'a number' : `${count} numbers`);
  }

  /** Sizes down and across; those of a signal are across. */
  sizes(axes: 1 | 2, fallback: number | undefined, ...keys: readonly string[]): Size2d {
    const [first, second] = this.numbers(axes, fallback, ...keys);
    return axes === 1 ? [1, first!] : [first!, second!];
  }

  #misfit([key]: readonly string[], value: Json, allowed: string): MasksearchError {
    return this.unsupported(`has ${shown(value)} as ${key}, only ${allowed} can be read`);
  }
}

/** The class, name and configuration that describe a layer. */
export function described(value: Json): {
  readonly className: string;
  readonly config: JsonObject;
  readonly name: string;
} {
  const entry = isObject(value) ? value : {};
  const [className, config] = [get(entry, 'class_name'), get(entry, 'config')];
  const inner = isObject(config) ? config : {};
  const name = get(entry, 'name') ?? get(inner, 'name');
  return {
    className: typeof className === 'string' ? className : '',
    config: inner,
    name: typeof name === 'string' ? name : '',
  };
}
