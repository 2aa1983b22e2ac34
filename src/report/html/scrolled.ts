import { html, type Html } from './html.ts';

/** A chart that may be higher than a screen, in a box that scrolls. `name` is for those who do not see it. */
export function scrolled(chart: Html, name: string): Html {
  return html`<div class="scroll tall" role="region" aria-label="${name}" tabindex="0">${chart}</div>`;
}
