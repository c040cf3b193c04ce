/** Request and response: first line, headers, body. */
import type { Body, Transaction } from '../../api/types';
import { Copy } from '../../ui/parts';
import { Safe } from '../../ui/Safe';

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

function bytes(size: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, size)) / 10));
  return step === 0 ? `${size} bytes` : `${(size / 1024 ** step).toFixed(1)} ${UNITS[step]}`;
}

function Headers({ headers, title }: { headers: [string, string][]; title: string }) {
  if (headers.length === 0) return <p class="quiet small">no headers in the entry</p>;
  return (
    <table class="headers" aria-label={title}>
      <tbody>
        {headers.map(([name, value], index) => (
          <tr key={index}>
            <th scope="row">
              <Safe text={name} length={120} />
            </th>
            <td>
              <Safe text={value} length={300} more />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Content({ body }: { body: Body | null }) {
  if (!body) return <p class="quiet small">no body in the entry</p>;
  return (
    <>
      <p class="quiet small">
        body, {bytes(body.size)}
        {body.truncated && ', cut by the sensor'} <Copy text={body.text} label="the body" />
      </p>
      <pre class="block">
        <Safe text={body.text} length={4000} tokens={600} lines more />
      </pre>
    </>
  );
}

export function Exchange({ transaction }: { transaction: Transaction }) {
  const { request, response, uploads } = transaction;
  return (
    <div class="exchange">
      <section class="card" aria-labelledby="request-title">
        <h2 id="request-title">Request</h2>
        <div class="first-line mono">
          <span class="method">
            <Safe text={request.method} length={40} />
          </span>{' '}
          <Safe text={request.uri} length={1200} more />{' '}
          <span class="quiet">
            <Safe text={request.protocol} length={40} />
          </span>
        </div>
        <Headers headers={request.headers} title="Request headers" />
        <Content body={request.body} />
        {uploads.length > 0 && (
          <ul class="uploads">
            {uploads.map((upload, index) => (
              <li key={index}>
                <Safe text={upload.name} length={120} /> · {bytes(upload.size)} · <Safe text={upload.content_type} length={80} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <section class="card" aria-labelledby="response-title">
        <h2 id="response-title">Response</h2>
        <div class="first-line mono">
          <span class="method">{response.status ?? '–'}</span>{' '}
          <span class="quiet">
            <Safe text={response.protocol} length={40} />
          </span>
        </div>
        <Headers headers={response.headers} title="Response headers" />
        <Content body={response.body} />
      </section>
    </div>
  );
}

export { bytes };
