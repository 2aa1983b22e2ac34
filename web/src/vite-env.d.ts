/** Files that Vite, not the compiler, knows what to do with. */
declare module '*.css';
