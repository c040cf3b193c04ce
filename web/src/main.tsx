/** The console's entry: theme, router, clock, and the page that the address names. */
import './styles/tokens.css';
import './styles/frame.css';
import './styles/parts.css';
import './styles/map.css';
import './styles/transactions.css';
import './styles/transaction.css';
import './styles/dead-letters.css';
import './styles/sensors.css';
import './styles/retention.css';
import './styles/triage.css';
import './styles/forms.css';
import './styles/people.css';
import './styles/boards.css';
import './styles/lookup.css';
import './styles/print.css';
import './styles/views.css';
import './styles/redaction.css';
import { render } from 'preact';
import { App } from './app';
import { startRouter } from './router';
import { startTheme } from './theme';
import { startClock } from './ui/tick';

startTheme();
startRouter();
startClock();

const root = document.getElementById('app');
if (root) render(<App />, root);
