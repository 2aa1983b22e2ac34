/** Version of this package. A test compares it with package.json, which a browser cannot read. */
export const VERSION = '0.3.0';
