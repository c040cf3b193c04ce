/** The JSON of API v1 (docs/api.md and docs/formats.md), as the console reads it. */

export type Role = 'viewer' | 'analyst' | 'admin';

export interface Session {
  state: 'setup' | 'login' | 'ready';
  person: {
    name: string;
    role: Role;
    /** As text; empty is everything. */
    scope: string;
    sees_payloads: boolean;
    means: 'session' | 'header';
    /** Whether it is kept here, so that it can be changed here. */
    has_password: boolean;
    /** The query strings that pages begin with for them. */
    begins: Record<string, string>;
  } | null;
  build: string;
  version: string;
  /** What the button for logging in elsewhere says; null where there is none. */
  provider: string | null;
  /** After a log-out: where to go on to, to be logged out there too. */
  sign_out: string | null;
}

export interface LoginSession {
  id: string;
  created_at: string;
  seen_at: string;
  peer_address: string;
  user_agent: string;
  source: 'local' | 'oidc' | 'header';
  is_current: boolean;
  person: string;
}

/** What somebody may do and see; `sees_payloads` null is as the role. */
export interface Terms {
  role: Role;
  scope: string;
  sees_payloads: boolean | null;
}

export interface Person {
  id: string;
  name: string;
  role: Role;
  scope: string;
  sees_payloads: boolean;
  payloads: boolean | null;
  source: 'local' | 'oidc' | 'header';
  state: 'active' | 'invited' | 'lapsed' | 'disabled';
  created_at: string;
  seen_at: string | null;
  invited_until: string | null;
  sessions: number;
  tokens: number;
}

export interface Invited {
  person: Person;
  code: string;
}

export interface Token {
  id: string;
  name: string;
  person: string | null;
  role: Role;
  scope: string;
  sees_payloads: boolean;
  created_at: string;
  created_by: string;
  until: string | null;
  used_at: string | null;
}

export interface TokenMade {
  token: Token;
  secret: string;
}

export interface Deed {
  id: string;
  at: string;
  action: string;
  person: string;
  means: 'session' | 'token' | 'header' | 'command' | 'none';
  peer_address: string;
  subject: string;
  detail: string;
}

export interface TrailPage {
  entries: Deed[];
  next: string | null;
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
  time_basis: 'stated' | 'assumed' | 'unknown';
  is_demo: boolean;
  /** What people judged it to be, as it is now; `ui/StateBadge.tsx` shows both. */
  state: TriageState;
  labels: string[];
}

export type TriageState = 'open' | 'confirmed' | 'false-positive' | 'ignored';

export interface TriageNote {
  id: string;
  at: string;
  by: string;
  text: string;
  may_remove: boolean;
}

export interface TriageChange {
  at: string;
  by: string;
  kind: 'state' | 'label-added' | 'label-removed' | 'note-added' | 'note-removed';
  /** The new state, the label, or the id of the note. */
  value: string;
  reason: string;
  until: string | null;
}

/** Without `shows_texts` there are neither notes nor reasons. */
export interface Triage {
  state: TriageState;
  ignored_until: string | null;
  reason: string;
  state_at: string | null;
  state_by: string;
  labels: string[];
  notes: TriageNote[];
  history: TriageChange[];
  shows_texts: boolean;
}

/** A rule of a transaction, and the search `q` for what is the same and open. */
export interface Alike {
  rule_id: number;
  message: string | null;
  host: string | null;
  path: string | null;
  parameter: string | null;
  q: string;
  transactions: number;
}

export interface ManyTriaged {
  found: number;
  changed: number;
  preserved: number;
}

export interface Empty {
  reason: 'no-sensor' | 'silent-sensor' | 'filter-too-narrow' | 'nothing-in-range' | 'nothing-in-scope';
  newest_at: string | null;
  filters: string[];
}

export interface Total {
  transactions: number;
  intercepted: number;
  /** There may be more: nobody has counted any further. */
  is_at_least?: boolean;
}

export interface Bar extends Total {
  at: string;
  /** Together the whole bar; `value` is null for what has none. */
  parts: (Total & { value: string | null })[];
}

export interface HistogramData {
  since: string;
  until: string;
  width_s: number;
  split: string | null;
  bars: Bar[];
}

/** Transactions that are nearly the same; `row` is the newest of them. */
export interface RowGroup {
  row: Row;
  transactions: number;
  /** How many addresses they came from. */
  clients: number;
  since: string;
  until: string;
}

/** Groups among the newest `scanned` transactions from the cursor on. */
export interface GroupPage {
  groups: RowGroup[];
  scanned: number;
  next: string | null;
  total: Total;
  empty: Empty | null;
}

export interface GroupMembers {
  transactions: Row[];
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
  /** Only transactions since then were counted; null: all of them. */
  sampled_since: string | null;
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
    outbound_threshold: number | null;
    outbound_by_paranoia_level: number[];
    detection_inbound: number | null;
    detection_outbound: number | null;
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
  /** Who connected to the sensor, if that is a trusted proxy and not the client. */
  peer: Endpoint | null;
  zone_offset_s: number | null;
  /** Whether whoever asks may see the payload; without, it is not in this answer. */
  may_see_payload: boolean;
  /** False where the entry was removed on purpose; then there are no parts. */
  has_payload: boolean;
  payload_removed_at: string | null;
  /** The entry is kept without what the rules of redaction named when it was stored. */
  was_redacted: boolean;
  /** More is kept than is shown: the rules of redaction hide it here. */
  has_original: boolean;
  /** One for each of `transaction.matches`. */
  rules: RuleNote[];
  worked_out: WorkedOut | null;
}

export interface RuleNote {
  role: 'scored' | 'evaluated' | 'other';
  category: string | null;
  /** What the Core Rule Set adds for the severity. */
  points: number;
  paranoia_level: number | null;
  is_outbound: boolean;
}

/** What the severities add up to, which is not what the ruleset stated. */
export interface WorkedOut {
  inbound: number;
  outbound: number;
  by_category: Record<string, number>;
  by_paranoia_level: number[];
  outbound_by_paranoia_level: number[];
}

export interface Neighbours {
  newer: string | null;
  older: string | null;
}

export type Likeness = 'client' | 'path' | 'rule' | 'fingerprint';

export interface Similar extends Total {
  likeness: Likeness;
  /** What they have in common; null where nothing can be alike. */
  value: string | null;
  filters: [name: string, value: string][];
  rows: Row[];
}

export interface EntryWindow {
  size_bytes: number;
  offset: number;
  /** Base64. */
  content: string;
  next: number | null;
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

/** Dead letters of one sensor with one reason. */
export interface LetterKind {
  sensor: string;
  code: string;
  reason: string;
  advice: string;
  letters: number;
  size_bytes: number;
  first_at: string;
  last_at: string;
}

export interface DeadLetterSummary {
  letters: number;
  size_bytes: number;
  room_bytes: number;
  waiting: number;
  revived: number;
  again: number;
  removed: number;
  kinds: LetterKind[];
}

export interface Letter {
  id: string;
  sensor: string;
  code: string;
  reason: string;
  advice: string;
  detail: string;
  received_at: string;
  died_at: string;
  tried_at: string;
  program: string;
  size_bytes: number;
  origin: string | null;
  origin_offset: number | null;
  head: string;
}

export interface DeadLetterPage {
  dead_letters: Letter[];
  next: string | null;
}

export interface OpenedLetter {
  letter: Letter;
  digest: string;
  raw_bytes: number;
  offset: number;
  /** Base64. */
  content: string;
  next: number | null;
}

export interface LetterStep {
  letters: number;
  until: string;
  is_done: boolean;
}

export type SensorState = 'disabled' | 'waiting' | 'sending' | 'silent';
export type ClockState = 'right' | 'ahead' | 'behind' | 'unknown';

export interface SensorHealth {
  name: string;
  label: string;
  is_demo: boolean;
  state: SensorState;
  last_entry_at: string | null;
  /** The last hour, the oldest minute first. */
  per_minute: number[];
  usual_per_hour: number | null;
  transactions: number;
  with_defects: number;
  lag: { mean_ms: number; least_ms: number; most_ms: number } | null;
  clock: ClockState;
  formats: string[];
  producer: string | null;
  ruleset: string | null;
  dead_letters: number | null;
  refusal: { reason: string; at: string; peer: string | null; count: number } | null;
  turned_away: { verdict: string; at: string; peer: string | null; count: number } | null;
}

/** Somebody who was refused and is no sensor; the name is what it called itself. */
export interface Stranger {
  name: string;
  reason: string;
  peer: string | null;
  first_seen_at: string;
  last_seen_at: string;
  count: number;
}

export interface SensorHealthList {
  sensors: SensorHealth[];
  strangers: Stranger[];
  collector_seen_at: string | null;
}

export interface SensorFacts {
  label: string;
  latitude: number | null;
  longitude: number | null;
  zone: string | null;
  allowed_sources: string[];
  trusted_proxies: string[];
}

export interface SensorSettings extends SensorFacts {
  name: string;
  position: 'set' | 'assumed';
  is_demo: boolean;
  is_enabled: boolean;
  has_generated_secret: boolean;
  created_at: string;
  rotated_at: string | null;
}

export interface Registered {
  settings: SensorSettings;
  secret: string;
}

export interface CountedReason {
  code: string;
  count: number;
  last_at: string;
}

export interface SensorDetail {
  settings: SensorSettings;
  health: SensorHealth;
  traits: { trait: string; value: string; first_seen_at: string; last_seen_at: string }[];
  defects: CountedReason[];
  dead_letters: CountedReason[];
  hours: { at: string; transactions: number }[];
}

export interface ChecklistStep {
  step: 'connected' | 'authenticated' | 'accepted' | 'decoded' | 'stored';
  state: 'done' | 'waiting' | 'failed';
  at: string | null;
  peer: string | null;
  reason: string | null;
}

export interface Checklist {
  sensor: string;
  steps: ChecklistStep[];
  strangers: Stranger[];
  is_collector_seen: boolean;
  server_time: string;
}

export interface Configuration {
  kind: string;
  title: string;
  summary: string;
  warnings: string[];
  files: { path: string; content: string; note: string; is_secret: boolean }[];
  commands: string[];
}

export interface Configurations {
  collector: string;
  placeholder: string;
  configurations: Configuration[];
}

export interface Gazetteer {
  places: { city: string | null; country: string; latitude: number; longitude: number }[];
  zones: string[];
}

/** One condition of a search text; `without` is the text without it, `turned` with it negated. */
export interface SearchChip {
  text: string;
  field: string | null;
  value: string;
  is_negated: boolean;
  without: string;
  turned: string;
}

/** Positions count characters (code points) of the text. */
export interface SearchMistake {
  message: string;
  position: number;
  length: number;
  suggestion: string | null;
}

export interface CheckedSearch {
  text: string | null;
  chips: SearchChip[];
  error: SearchMistake | null;
}

export interface Proposal {
  text: string;
  means: string;
  transactions: number | null;
}

export interface Completions {
  start: number;
  end: number;
  proposals: Proposal[];
}

/** Hours; null is for good. */
export interface KeptFor {
  of: 'all' | 'detected' | 'sensor';
  sensor: string | null;
  payloads_hours: number | null;
  transactions_hours: number | null;
}

export interface RetentionLimits {
  ages: KeptFor[];
  statistics_hours: number | null;
  max_store_bytes: number | null;
  min_free_bytes: number;
  interval_s: number;
}

export interface Measurement {
  at: string;
  used_bytes: number;
  free_bytes: number | null;
}

export interface StoreSize {
  room: { used_bytes: number; reusable_bytes: number; free_bytes: number | null };
  transactions: number;
  payloads: number;
  payload_bytes: number;
  statistics_bytes: number;
  statistics_since: string | null;
}

export interface RetentionState {
  node: string;
  looked_at: string;
  size: StoreSize;
  next_run_at: string | null;
  is_emergency: boolean;
  emergency_since: string | null;
  clock_doubted_since: string | null;
  clock_ahead_s: number;
  history: Measurement[];
}

export interface Hold {
  id: string;
  name: string;
  filters: [name: string, value: string][];
  reason: string;
  added_at: string;
  added_by: string;
  released_at: string | null;
  released_by: string | null;
}

export interface RetentionRun {
  id: number;
  began_at: string;
  ended_at: string | null;
  cause: 'schedule' | 'request' | 'emergency';
  outcome: 'running' | 'done' | 'stopped' | 'failed';
  payloads: number;
  transactions: number;
  statistics: number;
  raw_bytes: number;
  given_back_bytes: number;
  note: string;
}

export interface RetentionOverview {
  limits: RetentionLimits;
  state: RetentionState | null;
  oldest_at: string | null;
  oldest_payload_at: string | null;
  holds: Hold[];
  released: Hold[];
  preserved: number;
  runs: RetentionRun[];
  is_requested: boolean;
  server_time: string;
}

export interface Doomed {
  rule: string;
  of: 'payloads' | 'transactions' | 'statistics';
  count: number;
  /** null where the rule is only about some. */
  staying: number | null;
  raw_bytes: number;
  stored_before: string;
  is_complete: boolean;
}

export interface RetentionPreview {
  at: string;
  doomed: Doomed[];
  statistics_before: string | null;
}

/** How long one transaction is kept, and what protects it. */
export interface Fate {
  stored_at: string;
  preserved: { at: string; by: string; reason: string } | null;
  held_by: string[];
  payload_removed_at: string | null;
  payload_goes_at: string | null;
  transaction_goes_at: string | null;
}

/** A saved view: the query string of a page, with a name. */
export interface SavedView {
  id: string;
  name: string;
  page: string;
  query: string;
  is_shared: boolean;
  is_mine: boolean;
  /** Whether the page begins with it for whoever asks. */
  is_default: boolean;
  may_change: boolean;
  made_by: string;
  made_at: string;
  changed_by: string;
  changed_at: string;
  /** Why it cannot be read any more. */
  mistake: string | null;
  /** Whose scope it is; for administrators. */
  scope_of: string[];
}

export interface SavedViewList {
  views: SavedView[];
  may_share: boolean;
}
