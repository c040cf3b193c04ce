/** One transaction that was found: what became of it, why, and what to tell the customer. */
import type { FoundTransaction } from '../../api/boards';
import { categoryLook } from '../../logic/category';
import { relative } from '../../logic/when';
import { ActionBadge, Copy, Mark } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Found({ found: { row, when, rules, for_customer }, isOnly }: { found: FoundTransaction; isOnly: boolean }) {
  const { client, place, method, host, uri, status } = row;
  return (
    <li class={`card found-one${isOnly ? ' found-only' : ''}`}>
      <header>
        <ActionBadge row={row} large={isOnly} />
        <p class="verdict">
          <Safe text={row.verdict ?? 'The entry says nothing of rules.'} length={300} />
        </p>
      </header>
      <dl class="found-facts">
        <Fact name="When">
          {when} <span class="quiet">{relative(Date.parse(row.at), second.value)}</span>
        </Fact>
        <Fact name="Request">
          <span class="method">{method}</span> <Safe text={host} length={80} />
          <Safe text={uri} length={160} class="mono" />
          {status !== null && <span class="quiet"> answered {status}</span>}
        </Fact>
        <Fact name="Client">
          <Safe text={client.address} length={60} class="mono" />
          {place?.country_name && <span class="quiet"> {place.country_name}</span>}
        </Fact>
        <Fact name={rules.length === 1 ? 'Rule' : 'Rules'}>
          {rules.length === 0 && <span class="quiet">none is named</span>}
          <ul>
            {rules.map(({ rule_id, message, category }) => (
              <li key={rule_id}>
                <span title={categoryLook(category).label}>
                  <Mark category={category} />
                </span>{' '}
                <span class="code">{rule_id}</span> <Safe text={message} length={160} />
              </li>
            ))}
          </ul>
        </Fact>
        {row.unique_id !== null && (
          <Fact name="Unique id">
            <Safe text={row.unique_id} length={100} class="mono" />
            <Copy text={row.unique_id} label="the unique id" />
          </Fact>
        )}
      </dl>
      <div class="for-customer">
        <h3>For the customer</h3>
        <blockquote>
          <Safe text={for_customer} length={900} />
        </blockquote>
        <Copy text={for_customer} label="the text for the customer" />
      </div>
      <p class="found-links">
        <a href={`/transactions/${row.id}`}>The whole transaction</a>
        {client.address !== null && <a href={`/transactions?${new URLSearchParams({ client: client.address })}`}>All of this client</a>}
      </p>
    </li>
  );
}
