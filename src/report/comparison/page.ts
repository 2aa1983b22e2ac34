/** The frame of compare.html. */
import { html, type Html } from '../html/html.ts';
import { pageText } from '../html/page.ts';
import type { Comparison } from './comparison.ts';

export interface ComparisonPage {
  readonly title: string;
  readonly headline: string;
  readonly setup: string;
  /** Below the setup. */
  readonly notice?: Html;
  readonly sections: readonly Html[];
}

export function comparisonPage({ version }: Comparison, page: ComparisonPage): string {
  return pageText({
    title: `masksearch: ${page.title}`,
    header: html`<header>
      <p class="kicker">masksearch comparison</p>
      <h1>${page.headline}</h1>
      <p class="lead">${page.setup}</p>
      ${page.notice ?? ''}
    </header>`,
    sections: page.sections,
    footer: html`<p>Written by masksearch ${version}.</p>`,
  });
}

/** A list of findings. */
export function findingsList(findings: readonly string[]): Html {
  return html`<ul class="findings">
    ${findings.map((finding) => html`<li>${finding}</li>`)}
  </ul>`;
}
