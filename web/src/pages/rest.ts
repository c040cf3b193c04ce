/** What is small or seldom opened, in one chunk. */
export { Help } from '../ui/Help';
export { LoginPage } from './login';
export { Tables } from './map/Tables';
export { NotFoundPage } from './notfound';
export { SetupPage } from './setup';
export { WelcomePage } from './welcome';
