/** People and access, in one chunk: the account, and what administrators do about others. */
export { AccountPage } from './account';
export { PeoplePage } from './people/People';
export { SessionsPage } from './people/Sessions';
export { TokensPage } from './people/Tokens';
export { TrailPage } from './people/Trail';
