/** The frame of a report: one HTML file without scripts that works offline, on a phone and on paper. */
import { html, type Html } from './html.ts';
import { styleSheet } from './style.ts';

export interface Page {
  readonly title: string;
  readonly header: Html;
  readonly sections: readonly Html[];
  /** Paragraphs. */
  readonly footer: Html;
}

/**
 * The text of the file. Its content security policy allows nothing but styles written in the file: a name that was not
 * escaped could neither run nor load anything.
 */
export function pageText({ title, header, sections, footer }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${styleSheet}
      </head>
      <body>
        ${header}
        <main>${sections}</main>
        <footer class="note">${footer}</footer>
      </body>
    </html> `.markup;
}

/** A note that stands out. */
export function notice(title: string, text: string): Html {
  return html`<p class="notice" role="note"><strong>${title}</strong> ${text}</p>`;
}
