/** The frame of a report: one HTML file without scripts that opens offline, on paper and on a phone too. */
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
 * The text of the file.
 *
 * The content security policy allows nothing but styles written in the file: a name that would slip through the
 * escaping could neither run nor fetch anything.
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

/** Something to know before reading on. */
export function notice(title: string, text: string): Html {
  return html`<p class="notice" role="note"><strong>${title}</strong> ${text}</p>`;
}
