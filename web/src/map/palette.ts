/** Colours of the map per theme. The arcs' colours are also CSS variables (styles/tokens.css). */
import type { Theme } from '../theme';

export interface Palette {
  isDark: boolean;
  oceanInner: string;
  oceanOuter: string;
  rim: string;
  halo: string;
  /** The halo's colour, fully transparent. */
  haloEnd: string;
  graticule: string;
  land: string;
  landEdge: string;
  coast: string;
  /** From few to many transactions. */
  heat: readonly [string, string, string, string, string];
  label: string;
  labelHalo: string;
  sensor: string;
  sensorCore: string;
  sensorLabel: string;
  sensorPlate: string;
  head: string;
  arcs: Record<string, string>;
}

const DARK: Palette = {
  isDark: true,
  oceanInner: '#0e1d3a',
  oceanOuter: '#060b17',
  rim: 'rgba(96,146,224,.30)',
  halo: 'rgba(58,116,220,.26)',
  haloEnd: 'rgba(58,116,220,0)',
  graticule: 'rgba(124,164,232,.075)',
  land: '#1a2742',
  landEdge: 'rgba(8,14,28,.9)',
  coast: 'rgba(122,164,235,.42)',
  heat: ['#1d2f52', '#203a66', '#24477d', '#285697', '#2f69b8'],
  label: 'rgba(198,214,242,.74)',
  labelHalo: 'rgba(8,14,28,.85)',
  sensor: '#ffc65c',
  sensorCore: '#1a1204',
  sensorLabel: '#ffe3ac',
  sensorPlate: 'rgba(7,12,24,.86)',
  head: '#ffffff',
  arcs: {
    sqli: '#ff5f7e',
    xss: '#ffa53d',
    rce: '#cf8bff',
    lfi: '#48cbf5',
    rfi: '#7aa8ff',
    php: '#a99bff',
    java: '#ff8a5c',
    scanner: '#58e6a4',
    protocol: '#b3bfd3',
    'session-fixation': '#ff86d3',
    dos: '#f4dd4b',
    leak: '#35dccb',
    other: '#93a1b8',
  },
};

const LIGHT: Palette = {
  isDark: false,
  oceanInner: '#e9f1fb',
  oceanOuter: '#d9e6f5',
  rim: 'rgba(70,108,160,.38)',
  halo: 'rgba(70,120,200,.2)',
  haloEnd: 'rgba(70,120,200,0)',
  graticule: 'rgba(60,100,160,.11)',
  land: '#ffffff',
  landEdge: 'rgba(150,172,204,.75)',
  coast: 'rgba(92,124,170,.75)',
  heat: ['#e9f0fc', '#d8e5fb', '#c2d7f9', '#a8c6f5', '#8bb2ef'],
  label: 'rgba(44,62,92,.86)',
  labelHalo: 'rgba(255,255,255,.9)',
  sensor: '#0d2a57',
  sensorCore: '#ffd27a',
  sensorLabel: '#0d2a57',
  sensorPlate: 'rgba(255,255,255,.93)',
  head: '#14233f',
  arcs: {
    sqli: '#d0174a',
    xss: '#b45309',
    rce: '#8127c9',
    lfi: '#0374a8',
    rfi: '#2250d6',
    php: '#5b46d9',
    java: '#c2410c',
    scanner: '#08784f',
    protocol: '#4b5a70',
    'session-fixation': '#b8177f',
    dos: '#806600',
    leak: '#0c7468',
    other: '#5a677b',
  },
};

export function paletteOf(theme: Theme): Palette {
  return theme === 'dark' ? DARK : LIGHT;
}
