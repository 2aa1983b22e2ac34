import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { wrapped } from '../../../../src/cli/terminal/wrapped.ts';

test('a text is broken at spaces into lines of at most so many columns', () => {
  assert.equal(wrapped('one two three', 13), ['one two three']);
  assert.equal(wrapped('one two three', 12), ['one two', 'three']);
  assert.equal(wrapped('one two three', 7), ['one two', 'three']);
  assert.equal(wrapped('one two three', 6), ['one', 'two', 'three']);
});

test('a word that is too long has a line of its own', () => {
  assert.equal(wrapped('a longest b', 4), ['a', 'longest', 'b']);
  assert.equal(wrapped('', 4), ['']);
});

test.run();
