/** The overview and its table of hosts: one chunk, since they share most of it. */
export { HostsPage } from './hosts';
export { OverviewPage } from './overview';
