/** Base maps, made and hashed by build.mjs. */
declare module 'world:*' {
  const url: string;
  export default url;
}

declare module '*.svg' {
  const url: string;
  export default url;
}

declare module '*.css';
