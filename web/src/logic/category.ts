/** Names and marks of the categories. A mark is a shape as well as a colour. */

export interface CategoryLook {
  label: string;
  /** For narrow columns. */
  short: string;
  /** SVG path in a 12 x 12 box, for legend, feed and map alike. */
  shape: string;
}

const CIRCLE = 'M6 1.2a4.8 4.8 0 1 0 0 9.6a4.8 4.8 0 1 0 0-9.6z';
const SQUARE = 'M1.8 1.8h8.4v8.4h-8.4z';
const DIAMOND = 'M6 .6L11.4 6L6 11.4L.6 6z';
const UP = 'M6 1.2L11.4 10.6H.6z';
const DOWN = 'M6 10.8L11.4 1.4H.6z';
const RIGHT = 'M10.8 6L1.4 11.4V.6z';
const LEFT = 'M1.2 6L10.6 11.4V.6z';
const PLUS = 'M4.4.8h3.2v3.6h3.6v3.2H7.6v3.6H4.4V7.6H.8V4.4h3.6z';
const CROSS = 'M3 .8L6 3.8L9 .8L11.2 3L8.2 6L11.2 9L9 11.2L6 8.2L3 11.2L.8 9L3.8 6L.8 3z';
const HEXAGON = 'M3.2 1.2h5.6L11.6 6L8.8 10.8H3.2L.4 6z';
const PENTAGON = 'M6 .8L11.4 4.8L9.4 11H2.6L.6 4.8z';
const STAR = 'M6 .4L7.7 4.1L11.7 4.6L8.7 7.3L9.5 11.3L6 9.3L2.5 11.3L3.3 7.3L.3 4.6L4.3 4.1z';
const RING = 'M6 .8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 1 0 6 .8zM6 3.6a2.4 2.4 0 1 1 0 4.8A2.4 2.4 0 1 1 6 3.6z';

export const CATEGORIES: Record<string, CategoryLook> = {
  sqli: { label: 'SQL injection', short: 'SQLi', shape: CIRCLE },
  xss: { label: 'Cross-site scripting', short: 'XSS', shape: DIAMOND },
  rce: { label: 'Remote execution', short: 'RCE', shape: UP },
  lfi: { label: 'Local file access', short: 'LFI', shape: SQUARE },
  rfi: { label: 'Remote file inclusion', short: 'RFI', shape: HEXAGON },
  php: { label: 'PHP injection', short: 'PHP', shape: PENTAGON },
  java: { label: 'Java attack', short: 'Java', shape: DOWN },
  scanner: { label: 'Scanner', short: 'Scanner', shape: PLUS },
  protocol: { label: 'Protocol violation', short: 'Protocol', shape: CROSS },
  'session-fixation': { label: 'Session fixation', short: 'Session', shape: RIGHT },
  dos: { label: 'Denial of service', short: 'DoS', shape: STAR },
  leak: { label: 'Data leak', short: 'Leak', shape: LEFT },
  other: { label: 'Other', short: 'Other', shape: RING },
};

const OTHER: CategoryLook = { label: 'Other', short: 'Other', shape: RING };

/** The name is from a closed set, so it may go into a class name; anything else is "other". */
export function categoryKey(category: string | null): string {
  return category !== null && Object.hasOwn(CATEGORIES, category) ? category : 'other';
}

export function categoryLook(category: string | null): CategoryLook {
  return CATEGORIES[categoryKey(category)] ?? OTHER;
}
