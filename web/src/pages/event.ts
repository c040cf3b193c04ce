/** One transaction, and two of them side by side: one chunk. */
export { ComparePage } from './compare';
export { TransactionPage } from './transaction';
