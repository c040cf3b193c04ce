/** Small drawings, made of elements: no images, no markup strings. */

const PATHS = {
  map: 'M2 4.5l4-2 4 2 4-2v9l-4 2-4-2-4 2zM6 2.5v9M10 4.5v9',
  list: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  sensor: 'M8 9.5a1.5 1.5 0 100-3 1.5 1.5 0 000 3zM4.8 11.2a4.5 4.5 0 010-6.4M11.2 4.8a4.5 4.5 0 010 6.4M2.6 13.4a7.6 7.6 0 010-10.8M13.4 2.6a7.6 7.6 0 010 10.8',
  letter: 'M2 4h12v8.5H2zM2 4.5l6 4.6 6-4.6',
  keep: 'M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 8.5h3',
  person: 'M8 8a2.8 2.8 0 100-5.6A2.8 2.8 0 008 8zM2.8 14c.5-2.8 2.6-4.2 5.2-4.2s4.7 1.4 5.2 4.2',
  people: 'M6 7.6a2.3 2.3 0 100-4.6 2.3 2.3 0 000 4.6zM1.8 13c.4-2.4 2-3.6 4.2-3.6s3.8 1.2 4.2 3.6M10.6 3.4a2.2 2.2 0 010 4M11.8 9.7c1.4.5 2.2 1.6 2.4 3.3',
  globe: 'M8 14A6 6 0 108 2a6 6 0 000 12zM2 8h12M8 2c4 3.6 4 8.4 0 12M8 2c-4 3.6-4 8.4 0 12',
  table: 'M2.5 3h11v10h-11zM2.5 6.5h11M2.5 9.7h11M6.5 6.5V13',
  theme: 'M8 2.2a5.8 5.8 0 100 11.6zM8 2.2a5.8 5.8 0 010 11.6',
  full: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  help: 'M5.6 6a2.4 2.4 0 114 1.8c-.9.7-1.6 1.1-1.6 2.2M8 12.7v.1',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  left: 'M10 3L5 8l5 5',
  right: 'M6 3l5 5-5 5',
  down: 'M3 6l5 5 5-5',
  up: 'M3 10l5-5 5 5',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  compare: 'M2.5 3h4v10h-4zM9.5 3h4v10h-4z',
  check: 'M3 8.5l3.4 3.4L13 5',
  shield: 'M8 1.8l5 1.8v4c0 3.2-2 5.5-5 6.6-3-1.1-5-3.4-5-6.6v-4zM5.6 8l1.7 1.7 3.2-3.4',
  eye: 'M1.5 8c1.6-2.9 3.8-4.3 6.5-4.3s4.9 1.4 6.5 4.3c-1.6 2.9-3.8 4.3-6.5 4.3S3.1 10.9 1.5 8zM8 10a2 2 0 100-4 2 2 0 000 4z',
  clock: 'M8 14A6 6 0 108 2a6 6 0 000 12zM8 4.8V8l2.2 1.6',
  filter: 'M2.5 3.5h11L9.5 8.5v4l-3 1v-5z',
  download: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M2.8 13.5h10.4',
  bookmark: 'M4 2.5h8v11l-4-3-4 3z',
  more: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  board: 'M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3.5H9zM9 8h4.5v5.5H9zM2.5 10.5h4.5v3H2.5z',
  print: 'M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z',
  lookup: 'M2.5 4.5h6M2.5 8h3.5M2.5 11.5h3M10 11.8a2.8 2.8 0 100-5.6 2.8 2.8 0 000 5.6zM12 11.2l2.2 2.4',
  warn: 'M8 2.2L14.4 13.5H1.6zM8 6.5v3.5M8 11.8v.1',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The turret with its lit window. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <path class="logo-wall" d="M4 3h3.2v2.6h3V3h3.6v2.6h3V3H20v7.2l-2 1.8v6.4l-6 3.6-6-3.6V12l-2-1.8z" />
      <path class="logo-light" d="M10.4 17.2v-4a1.6 1.6 0 013.2 0v4z" />
    </svg>
  );
}
