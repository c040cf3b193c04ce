/** A scope as people read and write it; on the wire it is text: `sensor=web-1&host=shop.example`. */

export interface Scope {
  sensors: string[];
  hosts: string[];
}

export function scopeOf(text: string): Scope {
  const parameters = new URLSearchParams(text);
  return { sensors: parameters.getAll('sensor'), hosts: parameters.getAll('host') };
}

export function scopeText({ sensors, hosts }: Scope): string {
  const parameters = new URLSearchParams();
  for (const sensor of sensors) parameters.append('sensor', sensor);
  for (const host of hosts) parameters.append('host', host);
  return parameters.toString();
}

/** What somebody typed, one a line or between commas; each once. */
export function namesOf(typed: string): string[] {
  const names = typed.split(/[\s,;]+/).filter((name) => name !== '');
  return [...new Set(names)];
}
