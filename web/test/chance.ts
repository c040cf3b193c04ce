/** Random values that are the same in every run, so that a failure can be repeated. */

export class Chance {
  constructor(private state: number) {}

  /** 0 up to, not including, `most`. */
  below(most: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * most);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** Up to `most` of the pieces, one after the other. */
  text(pieces: readonly string[], most: number): string {
    return Array.from({ length: this.below(most + 1) }, () => this.of(pieces)).join('');
  }
}

/** What breaks out of something somewhere. */
export const NASTY = [
  "'", '"', '`', '``', '```', '````', '~~~', '$(id)', '${HOME}', '\\', '\n', '\r\n', '\t', '!', '#', ';', '&&', '|', '<', '>', '*', '_', '[x](http://evil.test)',
  '![x](//evil.test/x.png)', '<script>', '&lt;', '@someone', 'http://evil.test', 'www.evil.test', '#123', '| a | b |', '- ', '1. ', '# ', '> ', '    ', '---', '%27', '%',
  'a', 'B', '7', ' ', '=', '&', '+', 'é', '日', '😀', '\u202e', '\u200b', '\0', '\x1b[31m', '@/etc/passwd', '--output', '\u2028', '$', "'\\''", '\\x41', '{', '}', ':',
] as const;
