/** Results as a text to take away. */
import { byId, create } from '../dom.ts';

/** Copies `text`; where the browser does not let it, shows it selected. */
export async function copyText(text: string): Promise<void> {
  const note = byId('copied', HTMLElement);
  const box = byId('json-box', HTMLElement);
  const area = byId('json', HTMLTextAreaElement);
  note.textContent = '';
  try {
    await navigator.clipboard.writeText(text);
    box.hidden = true;
    note.textContent = 'Copied.';
  } catch {
    area.value = text;
    box.hidden = false;
    area.focus();
    area.select();
    note.textContent = 'The browser refused to copy: copy the selected text below.';
  }
}

export function downloadText(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  create('a', { href: url, download: name }).click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Before the next results. */
export function forgetCopies(): void {
  byId('copied', HTMLElement).textContent = '';
  byId('json-box', HTMLElement).hidden = true;
}
