/**
 * A scope as people read and write it; on the wire it is text: `sensor=web-1&host=shop.example`,
 * `view=Shop`, `q=status:403`. All that is named must hold, any of several of a kind.
 */

export interface Scope {
  sensors: string[];
  hosts: string[];
  /** Names of shared views. */
  views: string[];
  /** A search text; empty asks for everything. */
  text: string;
}

export const EVERYTHING: Scope = { sensors: [], hosts: [], views: [], text: '' };

export function scopeOf(text: string): Scope {
  const parameters = new URLSearchParams(text);
  return {
    sensors: parameters.getAll('sensor'),
    hosts: parameters.getAll('host'),
    views: parameters.getAll('view'),
    text: parameters.get('q') ?? '',
  };
}

export function scopeText({ sensors, hosts, views, text }: Scope): string {
  const parameters = new URLSearchParams();
  for (const sensor of sensors) parameters.append('sensor', sensor);
  for (const host of hosts) parameters.append('host', host);
  for (const view of views) parameters.append('view', view);
  if (text.trim() !== '') parameters.append('q', text.trim());
  return parameters.toString();
}

/** What somebody typed, one a line or between commas; each once. */
export function namesOf(typed: string): string[] {
  const names = typed.split(/[\s,;]+/).filter((name) => name !== '');
  return [...new Set(names)];
}
