/** Redaction: what is taken out of entries before they are stored, and a place to try it. */
import type { RedactionOverview } from '../api/redaction';
import { isAdmin } from '../session';
import { Icon } from '../ui/icons';
import { useLoad } from '../ui/load';
import { Problem, Progress } from '../ui/parts';
import { Frame } from './people/Parts';
import { InForce, Lately } from './redaction/InForce';
import { Trial } from './redaction/Trial';

export function RedactionPage() {
  const { value: found, error, isLoading, reload } = useLoad<RedactionOverview>(isAdmin.value ? 'redaction' : null);
  return (
    <Frame here="/redaction" says="What is taken out of entries before anything of them is stored.">
      <Progress isOn={isLoading && found === null} />
      {error !== null && <Problem error={error} retry={reload} />}
      {found && !found.is_on && (
        <p class="alert alert-warn" role="alert">
          <Icon name="warn" />
          <span>
            <strong>Redaction is off.</strong> Passwords, session cookies and all else that requests carry are stored as they come.
          </span>
        </p>
      )}
      {found && (
        <div class="redaction-columns">
          <InForce found={found} />
          <Lately found={found} />
        </div>
      )}
      {found && <Trial inForce={found.rules} />}
    </Frame>
  );
}
