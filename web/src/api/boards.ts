/** What the look-up, the overview and the table of hosts are answered with (docs/api.md). */
import type { Empty, Row } from './types';

export interface RuleSaid {
  rule_id: number;
  message: string | null;
  category: string | null;
}

export type Outcome = 'blocked' | 'detected' | 'allowed' | 'not-stated';

export interface FoundTransaction {
  row: Row;
  outcome: Outcome;
  /** In the zone that was asked with, which it names. */
  when: string;
  rules: RuleSaid[];
  /** Sentences for a customer, without a payload. */
  for_customer: string;
}

export interface Miss {
  reason: string;
  message: string;
  at: string | null;
}

export interface LookupAnswer {
  understood: { kind: 'id' | 'address' | 'time' | 'host' | 'path'; text: string }[];
  found: FoundTransaction[];
  is_more: boolean;
  /** Parameters of the list that shows all of it; empty where none does. */
  filters: [name: string, value: string][];
  misses: Miss[];
  zone: string;
  server_time: string;
}

export interface Outcomes {
  transactions: number;
  intercepted: number;
  /** Let through by the WAF; of the rest the log does not say. */
  passed: number;
}

export interface PeriodCounts {
  since: string;
  until: string;
  /** Also of what retention removed, if statistics tell of that. */
  total: { transactions: number; intercepted: number };
  /** False where nothing is known of the time before it. */
  is_whole: boolean;
  bars: number[];
  intercepted_bars: number[];
}

export interface OverviewSummary {
  total: Outcomes;
  current: PeriodCounts | null;
  previous: PeriodCounts | null;
  slice_s: number | null;
  includes_removed: boolean;
  empty: Empty | null;
  server_time: string;
}

export interface RuleCount {
  rule_id: number;
  message: string | null;
  category: string | null;
  transactions: number;
  intercepted: number;
}

export interface RuleCounts {
  rules: RuleCount[];
  evaluation: RuleCount[];
}

export interface FirstSeen {
  of: 'rule' | 'path';
  values: { value: string; message: string | null; transactions: number; intercepted: number }[];
  checked: number;
  is_complete: boolean;
  has_before: boolean;
}

export interface HostCount {
  host: string;
  transactions: number;
  intercepted: number;
}

export interface HostList {
  hosts: HostCount[];
  is_complete: boolean;
  transactions: number;
}

export interface HostDetail {
  host: string;
  at: string;
  transaction_id: string;
  sensor: string;
  engine_mode: string | null;
  ruleset: string | null;
  bars: number[];
}

export interface HostDetails {
  hosts: HostDetail[];
  since: string | null;
  slice_s: number | null;
}
