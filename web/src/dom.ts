/** The element of that id. Throws if the page has none, or another kind. */
export function byId<T extends HTMLElement>(id: string, kind: abstract new (...args: never) => T): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`there is no ${kind.name} ${id}`);
}

/** An element with attributes and children. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const scheme = matchMedia('(prefers-color-scheme: dark)');

/** Calls `redraw` when the page turns light or dark. */
export function onSchemeChange(redraw: () => void): void {
  scheme.addEventListener('change', redraw);
}

/** Charts ask for theirs in every drawing. */
const colors = new Map<string, string>();
onSchemeChange(() => colors.clear());

/** A colour of the style sheet, `--text` for instance. */
export function cssColor(name: string): string {
  let color = colors.get(name);
  if (color === undefined) {
    color = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    colors.set(name, color);
  }
  return color;
}
