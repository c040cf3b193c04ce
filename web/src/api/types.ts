/** The JSON of API v1 (docs/api.md and docs/formats.md), as the console reads it. */

export type Role = 'viewer' | 'analyst' | 'admin';

export interface Session {
  state: 'setup' | 'login' | 'ready';
  person: { name: string; role: Role } | null;
  build: string;
  version: string;
}

export interface LoginSession {
  id: string;
  created_at: string;
  seen_at: string;
  peer_address: string;
  user_agent: string;
  is_current: boolean;
}

export interface Endpoint {
  address: string | null;
  port: number | null;
}

export interface Place {
  kind: 'city' | 'country' | 'internal' | 'reserved' | 'unknown';
  country: string | null;
  country_name?: string | null;
  city: string | null;
  latitude: number | null;
  longitude: number | null;
}

export interface Row {
  id: string;
  sensor: string;
  at: string;
  received_at: string;
  is_skewed: boolean;
  unique_id: string | null;
  client: Endpoint;
  place: Place | null;
  method: string | null;
  host: string | null;
  uri: string | null;
  status: number | null;
  category: string | null;
  severity: number | null;
  score: number | null;
  intercepted: boolean | null;
  verdict: string | null;
  rule_ids: number[];
  defect_count: number;
  is_demo: boolean;
}

export interface Empty {
  reason: 'no-sensor' | 'silent-sensor' | 'filter-too-narrow' | 'nothing-in-range';
  newest_at: string | null;
  filters: string[];
}

export interface Total {
  transactions: number;
  intercepted: number;
}

export interface TransactionPage {
  transactions: Row[];
  next: string | null;
  total: Total;
  empty: Empty | null;
}

export interface FacetValue extends Total {
  value: string;
  name: string | null;
}

export interface FacetCounts {
  facet: string;
  values: FacetValue[];
}

export interface Body {
  text: string;
  size: number;
  truncated: boolean;
}

export interface RuleMatch {
  rule_id: number | null;
  message: string | null;
  data: string | null;
  severity: number | null;
  tags: string[];
  file: string | null;
  line: number | null;
  revision: string | null;
  version: string | null;
  phase: number | null;
  target: string | null;
  operator: string | null;
  disruptive: boolean;
}

export interface Transaction {
  format: string;
  unique_id: string | null;
  occurred_at: string | null;
  zone: 'stated' | 'assumed';
  client: Endpoint;
  server: Endpoint;
  request: {
    method: string | null;
    uri: string | null;
    protocol: string | null;
    headers: [string, string][];
    body: Body | null;
  };
  response: {
    status: number | null;
    protocol: string | null;
    headers: [string, string][];
    body: Body | null;
  };
  matches: RuleMatch[];
  intercepted: boolean | null;
  intercept: { status: number | null; phase: number | null; rule_id: number | null } | null;
  engine_mode: string | null;
  producer: string | null;
  ruleset: string | null;
  anomaly: {
    inbound: number | null;
    outbound: number | null;
    threshold: number | null;
    by_category: Record<string, number>;
    by_paranoia_level: number[];
  } | null;
  uploads: { name: string; size: number; content_type: string | null }[];
  parts: string;
  defects: { code: string; where: string; detail: string }[];
  source: { path: string; offset: number; length: number } | null;
  place: (Place & { source?: string | null }) | null;
  network: { asn: number | null; organisation: string | null } | null;
  category: string | null;
  verdict: string | null;
  fingerprint: string | null;
}

export interface Part {
  letter: string;
  name: string;
  size: number;
  text: string;
  truncated: boolean;
}

export interface TransactionDetail {
  row: Row;
  transaction: Transaction;
  parts: Part[];
  variants: string[];
  size_bytes: number;
  digest: string;
  newer: string | null;
  older: string | null;
}

export interface Sensor {
  name: string;
  label: string;
  latitude: number | null;
  longitude: number | null;
  position: 'set' | 'assumed';
  is_demo: boolean;
  is_enabled: boolean;
  last_entry_at: string | null;
}

export interface Attribution {
  text: string;
  url: string | null;
  date: string | null;
  notice: string | null;
}

export interface MapCell extends Total {
  latitude: number;
  longitude: number;
  country: string | null;
  sensor: string;
  category: string | null;
}

export interface CountryCount extends Total {
  country: string;
  name: string;
}

export interface CategoryCount extends Total {
  category: string;
}

export interface MapData {
  total: Total;
  countries: CountryCount[];
  categories: CategoryCount[];
  cells: MapCell[];
  sensors: Sensor[];
  recent: Row[];
  attribution: Attribution;
  empty: Empty | null;
  server_time: string;
  build: string;
}

export interface Status {
  /** null where this console cannot see the spool. */
  spool: { entries: number; size_bytes: number; dead_letters: number } | null;
  store: { ok: boolean };
  places: Attribution;
}
