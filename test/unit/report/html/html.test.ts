import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeHtml, html } from '../../../../src/report/html/html.ts';
import { table } from '../../../../src/report/html/table.ts';

test('the five characters that mean something in markup are escaped', () => {
  const escaped = '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;';
  assert.is(escapeHtml(`<a href="x" title='y'>&amp;</a>`), escaped);
});

test('a template escapes texts, and neither itself nor markup', () => {
  const inner = html`<b>${'<i>'}</b>`;
  assert.is(
    html`${inner}
      <p title="${'"'}">${1}${[inner, inner]}</p>`.markup.includes('<i>'),
    false,
  );
  assert.is(html`<p>${inner}${7}</p>`.markup, '<p><b>&lt;i&gt;</b>7</p>');
});

test('a table names its columns and rows for who does not see them', () => {
  const { markup } = table({
    caption: 'A & B',
    columns: [{ name: 'Layer' }, { name: 'Weights', numeric: true }],
    rows: [['<conv1>', 150]],
    total: ['All', 150],
  });
  assert.match(markup, 'aria-label="A &amp; B"');
  assert.match(markup, '<th scope="col" class="number">Weights</th>');
  assert.match(markup, '<th scope="row" class="text">&lt;conv1&gt;</th>');
  assert.match(markup, /<tfoot>[^]*All[^]*<\/tfoot>/);
});

test.run();
