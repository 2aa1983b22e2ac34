/** Tables of cases that take long: `npm test` runs a sample of them, `npm run test:all` all. */

/** Whether all cases run. */
export const isFull = process.env['MASKSEARCH_TEST_FULL'] === '1';
