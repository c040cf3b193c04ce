/** Request and response: first line, arguments, headers, body; what rules matched is marked. */
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Body as LoggedBody, Transaction } from '../../api/types';
import { type Argument, type BodyKind, bodyKind, boundaryOf, type FormPart, formParts, headerOf, queryArguments, querySpan } from '../../logic/arguments';
import { input, proposed } from '../../logic/decode';
import { type JsonNode, jsonTree } from '../../logic/json-tree';
import type { Hits, Source } from '../../logic/locate';
import { carried, type MarkSpan } from '../../logic/marked';
import { Copy } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { decoding } from './decoding';
import { JsonView } from './JsonView';
import { Marked } from './Marked';

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
const FIRST_ROWS = 60;
/** Characters of a value by which it is told whether it is encoded. */
const LOOKED_AT = 400;
const NONE: readonly MarkSpan[] = [];

function bytes(size: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, size)) / 10));
  return step === 0 ? `${size} bytes` : `${(size / 1024 ** step).toFixed(1)} ${UNITS[step]}`;
}

/** The marks that lie in a piece of a text, as they lie in the piece alone. */
function within(marks: readonly MarkSpan[], from: number, to: number): MarkSpan[] {
  return marks.flatMap((mark) => {
    const cut = { from: Math.max(mark.from, from) - from, to: Math.min(mark.to, to) - from, of: mark.of };
    return cut.to > cut.from ? [cut] : [];
  });
}

function DecodeButton({ text, label }: { text: string; label: string }) {
  const isCoded = useMemo(() => proposed(input(text.slice(0, LOOKED_AT))).length > 0, [text]);
  if (!isCoded) return null;
  return (
    <button type="button" class="link small decode-button" onClick={() => (decoding.value = text)} aria-label={`Decode ${label}`}>
      decode
    </button>
  );
}

/** A table that shows its first rows at once and the others when asked. */
function Rows({ title, head, children }: { title: string; head?: ComponentChildren; children: ComponentChildren[] }) {
  const [isAll, setAll] = useState(false);
  return (
    <>
      <table class="headers" aria-label={title}>
        {head}
        <tbody>{isAll ? children : children.slice(0, FIRST_ROWS)}</tbody>
      </table>
      {children.length > FIRST_ROWS && !isAll && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          show {children.length - FIRST_ROWS} more
        </button>
      )}
    </>
  );
}

type Kind = 'header' | 'response-header';

function Headers({ headers, title, kind, hits }: { headers: [string, string][]; title: string; kind: Kind; hits: Hits }) {
  if (headers.length === 0) return <p class="quiet small">no headers in the entry</p>;
  return (
    <Rows title={title}>
      {headers.map(([name, value], index) => (
        <tr key={index}>
          <th scope="row">
            <Marked text={name} marks={(kind === 'header' ? hits.marks.get(`header-name:${index}`) : undefined) ?? NONE} length={120} />
          </th>
          <td>
            <Marked text={value} marks={hits.marks.get(`${kind}:${index}` as Source) ?? NONE} length={300} more />
            <DecodeButton text={value} label={`the header ${index + 1}`} />
          </td>
        </tr>
      ))}
    </Rows>
  );
}

function Arguments({ listed, title, marks }: { listed: Argument[]; title: string; marks: readonly MarkSpan[] }) {
  return (
    <Rows title={title}>
      {listed.map(({ name, value, valueSpan }, index) => (
        <tr key={index}>
          <th scope="row">
            <Marked text={name.text} marks={carried(marks, name.at)} length={160} />
          </th>
          <td>
            {valueSpan.to === valueSpan.from ? <span class="quiet">empty</span> : <Marked text={value.text} marks={carried(marks, value.at)} length={600} more />}
            <DecodeButton text={value.text} label={`the argument ${index + 1}`} />
          </td>
        </tr>
      ))}
    </Rows>
  );
}

function FormParts({ parts, text, marks }: { parts: FormPart[]; text: string; marks: readonly MarkSpan[] }) {
  return (
    <Rows title="Parts of the form">
      {parts.map((part, index) => (
        <tr key={index}>
          <th scope="row">
            <Safe text={part.name} length={160} />
            {part.filename !== null && (
              <span class="second-line">
                file <Safe text={part.filename} length={160} />
              </span>
            )}
            {part.type !== null && (
              <span class="second-line">
                <Safe text={part.type} length={120} />
              </span>
            )}
          </th>
          <td>
            <Marked text={text.slice(part.content.from, part.content.to)} marks={within(marks, part.content.from, part.content.to)} length={600} lines more />
            {within(marks, part.head.from, part.head.to).length > 0 && (
              <span class="second-line">
                <Marked text={text.slice(part.head.from, part.head.to)} marks={within(marks, part.head.from, part.head.to)} length={600} lines />
              </span>
            )}
          </td>
        </tr>
      ))}
    </Rows>
  );
}

type Parsed = { kind: 'form'; listed: Argument[] } | { kind: 'multipart'; parts: FormPart[] } | { kind: 'json'; tree: JsonNode };

function parsedBody(kind: BodyKind, text: string, type: string | null): Parsed | null {
  if (kind === 'form') return { kind, listed: queryArguments(text) };
  if (kind === 'multipart') {
    const parts = formParts(text, boundaryOf(type ?? '') ?? '');
    return parts.length > 0 ? { kind, parts } : null;
  }
  const tree = kind === 'json' ? jsonTree(text) : null;
  return tree && tree.children.length > 0 ? { kind: 'json', tree } : null;
}

const PARSED_NAMES: Record<Parsed['kind'], string> = { form: 'Arguments', multipart: 'Parts', json: 'Tree' };

function Content({ body, headers, marks, whose }: { body: LoggedBody | null; headers: [string, string][]; marks: readonly MarkSpan[]; whose: string }) {
  const type = headerOf(headers, 'content-type');
  const parsed = useMemo(() => (body ? parsedBody(bodyKind(type, body.text), body.text, type) : null), [body, type]);
  const [isText, setText] = useState(false);
  if (!body) return <p class="quiet small">no body in the entry</p>;
  const isShownAsText = parsed === null || isText;
  return (
    <div class="body-view">
      <header>
        <h3>Body</h3>
        <span class="quiet small">
          {bytes(body.size)}
          {body.truncated && ', cut by the sensor'}
          <Copy text={body.text} label={`the ${whose} body`} />
        </span>
        {parsed !== null && (
          <div class="segments" role="group" aria-label={`Show the ${whose} body as`}>
            <button type="button" aria-pressed={!isText} onClick={() => setText(false)}>
              {PARSED_NAMES[parsed.kind]}
            </button>
            <button type="button" aria-pressed={isText} onClick={() => setText(true)}>
              Text
            </button>
          </div>
        )}
      </header>
      {isShownAsText && (
        <pre class="block" tabIndex={0} aria-label={`The ${whose} body as text`}>
          <Marked text={body.text} marks={marks} length={4000} tokens={600} lines more />
        </pre>
      )}
      {!isShownAsText && parsed.kind === 'form' && <Arguments listed={parsed.listed} title="Arguments of the body" marks={marks} />}
      {!isShownAsText && parsed.kind === 'multipart' && <FormParts parts={parsed.parts} text={body.text} marks={marks} />}
      {!isShownAsText && parsed.kind === 'json' && <JsonView tree={parsed.tree} text={body.text} marks={marks} />}
    </div>
  );
}

export function Exchange({ transaction, hits }: { transaction: Transaction; hits: Hits }) {
  const { request, response, uploads } = transaction;
  const query = useMemo(() => {
    const uri = request.uri ?? '';
    const span = querySpan(uri);
    return queryArguments(uri, span.from, span.to);
  }, [request.uri]);
  const marks = (source: Source): readonly MarkSpan[] => hits.marks.get(source) ?? NONE;
  return (
    <div class="exchange">
      <section class="card" aria-labelledby="request-title">
        <h2 id="request-title">Request</h2>
        <div class="first-line mono">
          <span class="method">
            <Marked text={request.method} marks={marks('method')} length={40} />
          </span>{' '}
          <Marked text={request.uri} marks={marks('uri')} length={1200} more />{' '}
          <span class="quiet">
            <Marked text={request.protocol} marks={marks('protocol')} length={40} />
          </span>
        </div>
        {query.length > 0 && (
          <>
            <h3>Arguments of the URI, decoded</h3>
            <Arguments listed={query} title="Arguments of the URI" marks={marks('uri')} />
          </>
        )}
        <h3>Headers</h3>
        <Headers headers={request.headers} title="Request headers" kind="header" hits={hits} />
        <Content body={request.body} headers={request.headers} marks={marks('body')} whose="request" />
        {uploads.length > 0 && (
          <>
            <h3>Uploaded files</h3>
            <ul class="uploads">
              {uploads.slice(0, FIRST_ROWS).map((upload, index) => (
                <li key={index}>
                  <Safe text={upload.name} length={120} /> · {bytes(upload.size)} · <Safe text={upload.content_type} length={80} />
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <section class="card" aria-labelledby="response-title">
        <h2 id="response-title">Response</h2>
        <div class="first-line mono">
          <span class="method">{response.status ?? '–'}</span>{' '}
          {response.protocol && (
            <span class="quiet">
              <Safe text={response.protocol} length={40} />
            </span>
          )}
        </div>
        <h3>Headers</h3>
        <Headers headers={response.headers} title="Response headers" kind="response-header" hits={hits} />
        <Content body={response.body} headers={response.headers} marks={marks('response-body')} whose="response" />
      </section>
    </div>
  );
}

export { bytes };
