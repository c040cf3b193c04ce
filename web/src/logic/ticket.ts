/**
 * A transaction as Markdown for a ticket.
 *
 * Whatever an attacker wrote stands in code only: in a code span whose fence is longer than any run
 * of backticks in it, or in a fenced block likewise. So it can neither end its code nor become a
 * heading, a table, a link, an image, HTML, a mention or a reference, in CommonMark and its dialects.
 * Control and reordering characters are spelled. There are no tables: a cell has an escape of its own.
 */
import type { TransactionDetail } from '../api/types';
import { severityName } from './matches';
import { plainCharacters } from './safe';

export const LONGEST = 600;
const LONGEST_BLOCK = 4000;
/** The only link: an address of this console, of which an attacker has written nothing. */
const OUR_LINK = /^https?:\/\/[\w.:[\]-]+\/transactions\/\d+$/;

function fence(text: string, least: number): string {
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  return '`'.repeat(Math.max(least, longest + 1));
}

/** Text in one line, as code. */
export function code(text: string, longest = LONGEST): string {
  const shown = plainCharacters(text, { length: longest });
  if (shown.trim() === '') return shown === '' ? '(empty)' : '(white space)';
  const ticks = fence(shown, 1);
  return `${ticks} ${shown} ${ticks}`;
}

/** Text as a block of code. */
export function block(text: string): string {
  const shown = plainCharacters(text, { length: LONGEST_BLOCK, lines: true });
  const ticks = fence(shown, 3);
  return `${ticks}text\n${shown}\n${ticks}`;
}

interface TicketOptions {
  link: string;
  withPayload: boolean;
}

export function ticketOf(detail: TransactionDetail, { link, withPayload }: TicketOptions): string {
  const { row, transaction, rules } = detail;
  const fact = (name: string, value: string | number | null | undefined): string[] => (value === null || value === undefined || value === '' ? [] : [`- **${name}:** ${code(String(value))}`]);
  const action = row.intercepted === null ? 'not stated' : row.intercepted ? 'blocked' : 'not blocked';
  const uri = withPayload ? row.uri : (row.uri ?? '').split('?', 1)[0];
  const { anomaly } = transaction;
  const scored = transaction.matches.filter((_, index) => rules[index]?.role === 'scored');
  const lines = [
    '## WAF transaction',
    '',
    code(transaction.verdict ?? row.verdict ?? 'No verdict', 400),
    '',
    ...fact('Time (UTC)', row.at),
    ...fact('Action', action),
    ...fact('Client', row.client.address),
    ...fact('Country', row.place?.country_name),
    ...fact('Host', row.host),
    ...fact('Request', [row.method, uri].filter(Boolean).join(' ')),
    ...fact('Status', row.status),
    ...fact('Category', row.category),
    ...fact('Anomaly score', anomaly?.inbound == null ? null : `${anomaly.inbound}${anomaly.threshold === null ? '' : ` at a threshold of ${anomaly.threshold}`}`),
    ...fact('Sensor', row.sensor),
    ...fact('Ruleset', transaction.ruleset),
    ...fact('Unique id', row.unique_id),
    `- **Bartizan:** ${OUR_LINK.test(link) ? `<${link}>` : code(link)}`,
    '',
    '### Rules that scored',
    '',
    ...(scored.length === 0 ? ['None.', ''] : []),
  ];
  for (const match of scored.slice(0, 30)) {
    const severity = severityName(match.severity);
    lines.push(`- ${code(String(match.rule_id ?? 'no id'))} ${severity === null ? '' : `${code(severity)} `}${code(match.message ?? 'no message', 300)}`);
    if (match.target) lines.push(`  in ${code(match.target, 200)}`);
    if (withPayload && match.data) lines.push(`  matched ${code(match.data)}`);
  }
  if (scored.length > 30) lines.push(`- and ${scored.length - 30} more`);
  if (withPayload && detail.has_payload && detail.may_see_payload) {
    const head = [
      [transaction.request.method, transaction.request.uri, transaction.request.protocol].filter(Boolean).join(' '),
      ...transaction.request.headers.map(([name, value]) => `${name}: ${/^(cookie|(proxy-)?authorization|x-api-key|x-auth-token)$/i.test(name) ? '(left out)' : value}`),
    ];
    lines.push('', '### Request', '', block(head.map((line) => line.replace(/[\r\n]/g, ' ')).join('\n')));
    if (transaction.request.body?.text) lines.push('', block(transaction.request.body.text));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
