/** The search, a chunk of its own. */
export { TransactionsPage } from './transactions';
