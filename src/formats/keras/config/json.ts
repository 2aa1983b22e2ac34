/** Values of a configuration, which may be any JSON. */
import { invalid } from '../errors.ts';

export type Json = unknown;
export type JsonObject = Readonly<Record<string, Json>>;

/** Of a configuration: networks of a thousand layers have 1 MB. It is parsed as a whole before it can be checked. */
const MAX_TEXT = 2 ** 25;

export function parsed(text: string, what: string): JsonObject {
  if (text.length > MAX_TEXT)
    throw invalid(`${what} has ${text.length} characters, at most ${MAX_TEXT} are allowed`);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(`${what} is no JSON`);
  }
  if (isObject(value)) return value;
  throw invalid(`${what} is no JSON object`);
}

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** The first of these that the object has, other than null. */
export function get(object: JsonObject, ...keys: readonly string[]): Json {
  for (const key of keys) {
    if (!Object.hasOwn(object, key)) continue;
    const value = object[key];
    if (value !== null) return value;
  }
  return undefined;
}

export const objectOf = (value: Json): JsonObject => (isObject(value) ? value : {});
export const listOf = (value: Json): readonly Json[] => (isList(value) ? value : []);
