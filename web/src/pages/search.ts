/** The search and the transaction it leads to: one chunk, since who opens one opens the other. */
export { TransactionPage } from './transaction';
export { TransactionsPage } from './transactions';
