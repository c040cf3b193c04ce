/** What the tags of rules mean, from a file that is part of Bartizan: nothing is looked up elsewhere. */
import data from '../data/tags.json';

export interface Meaning {
  /** What the number stands for, where the tag has one. */
  name: string | null;
  text: string;
}

type Numbered = Record<string, [name: string, text: string]>;
const CAPEC = data.capec as unknown as Numbered;
const PCI = data.pci as unknown as Numbered;
const TAGS: Record<string, string> = data.tags;
const own = (table: object, key: string): boolean => Object.hasOwn(table, key);

/** null for a tag that is not known, such as somebody's own. */
export function meaningOf(tag: string): Meaning | null {
  const plain = tag.toLowerCase();
  const capec = /^capec\/(?:\d{1,5}\/)*(\d{1,5})$/.exec(plain)?.[1];
  if (capec !== undefined && own(CAPEC, capec)) return numbered(`CAPEC-${capec}`, CAPEC[capec]);
  const pci = /^pci\/([\d.]{1,10})$/.exec(plain)?.[1];
  if (pci !== undefined && own(PCI, pci)) return numbered(`PCI DSS ${pci}`, PCI[pci]);
  if (own(TAGS, plain)) return { name: null, text: TAGS[plain] ?? '' };
  const prefix = Object.entries(data.prefixes).find(([begin]) => plain.startsWith(begin));
  return prefix ? { name: null, text: prefix[1] } : null;
}

function numbered(label: string, known: [string, string] | undefined): Meaning | null {
  return known ? { name: `${label}: ${known[0]}`, text: known[1] } : null;
}

/** Tags that say the same of every rule of the rule set stand back. */
export function isCommon(tag: string): boolean {
  return /^(application|language|platform)-multi$|^OWASP_CRS(\/|$)/i.test(tag);
}

export const SOURCES: readonly string[] = Object.values(data.sources);
