/** A hint while somebody chooses a password. The server decides. */

export interface Strength {
  /** 0 to 4. */
  level: number;
  label: string;
}

const LABELS = ['too short', 'weak', 'fair', 'good', 'strong'];
const SHORTEST = 10;

/** Length counts most; few different characters or a plain run count against it. */
export function strengthOf(password: string, name: string): Strength {
  const length = [...password].length;
  if (length < SHORTEST) return { level: 0, label: `${LABELS[0]}: at least ${SHORTEST} characters` };
  const different = new Set(password).size;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  let level = 1 + Number(length >= 14) + Number(length >= 18) + Number(kinds >= 3);
  if (different < 6 || /^(.{1,4})\1+$/.test(password)) level = 1;
  if (name && password.toLowerCase().includes(name.toLowerCase())) level = 1;
  level = Math.min(4, level);
  return { level, label: LABELS[level] ?? '' };
}
