/** The base map of one scale as JSON text: an `Atlas` of src/map/atlas.ts. */
export function land(scale: string): Promise<string>;
