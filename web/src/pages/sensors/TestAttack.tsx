/** A harmless request that every common rule set stops, for people to send to their own site. */
import { useState } from 'preact/hooks';
import { testAttack } from '../../logic/sensors';
import { Command } from '../../ui/parts';

export function TestAttack() {
  const [site, setSite] = useState('');
  const line = testAttack(site);
  return (
    <div class="test-attack">
      <label class="field">
        The site that this web server protects
        <input value={site} onInput={(event) => setSite(event.currentTarget.value)} placeholder="shop.example" spellcheck={false} autocomplete="off" inputMode="url" />
      </label>
      {line !== null && <Command text={line} />}
      {site !== '' && line === null && <p class="quiet small">That is no address of a site.</p>}
      <p class="hint">
        Run it anywhere. With the OWASP Core Rule Set it prints <span class="mono">403</span>, and seconds later the lights above are green and the map shows an SQL injection: blocked, <span class="mono">bartizan-test</span> in its
        address. Another number means that the rules did not block it; while the engine is set to <span class="mono">DetectionOnly</span> that is right, and it appears as detected.
      </p>
    </div>
  );
}
