/** How many there are. Beyond what is counted at once it says "at least". */
import type { Total } from '../../api/types';
import { counted } from '../../logic/sensors';

export function totalText(transactions: number, isAtLeast = false): string {
  return `${transactions.toLocaleString('en')}${isAtLeast ? '+' : ''}`;
}

export function Summary({ total, scanned, groups }: { total: Total; scanned: number | null; groups: number }) {
  const { transactions, intercepted, is_at_least: isAtLeast = false } = total;
  return (
    <p class="summary" role="status">
      <strong>{totalText(transactions, isAtLeast)}</strong> {transactions === 1 ? 'transaction' : 'transactions'}
      {transactions > 0 && !isAtLeast && (
        <>
          {' · '}
          <strong>{intercepted.toLocaleString('en')}</strong> blocked ({Math.round((100 * intercepted) / transactions)}%)
        </>
      )}
      {scanned !== null && (
        <>
          {' · '}
          {counted(groups, 'group')} of the newest {scanned.toLocaleString('en')}
        </>
      )}
    </p>
  );
}
