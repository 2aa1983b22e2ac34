/** Of this package; a test holds it equal to package.json, which is not there in a browser. */
export const VERSION = '0.2.0';
