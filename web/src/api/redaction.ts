/** What the API says of redaction; present/api/redaction.py. */
export type RawPolicy = 'redacted' | 'kept' | 'dropped';
export type AddressPolicy = 'clear' | 'pseudonyms';
export type Pattern = 'cards' | 'emails';
export type Kind = 'header' | 'argument' | 'pattern' | 'literal' | 'address';

export interface Rules {
  headers: string[];
  arguments: string[];
  patterns: Pattern[];
  literals: string[];
  raw: RawPolicy;
  addresses: AddressPolicy;
}

export interface RedactionOverview {
  rules: Rules;
  is_on: boolean;
  /** How many there are; the texts themselves are told to nobody. */
  literals: number;
  counts: { kind: Kind; rule: string; replaced: number }[];
  withheld: number;
  settings: string;
}

export interface Piece {
  text: string;
  kind: Kind | null;
  rule: string | null;
}

export interface TriedRules {
  trial: {
    transaction: { format: string; verdict: string | null };
    pieces: Piece[];
    findings: { kind: Kind; rule: string; count: number }[];
    is_withheld: boolean;
    size_before: number;
    size_after: number;
  };
  settings: string;
}
