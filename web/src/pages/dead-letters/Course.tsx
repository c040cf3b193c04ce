/** How far decoding again or removing is, and what came of it. */
import { Bar, Problem } from '../../ui/parts';
import { change, dismiss, summary } from './change';

const number = (value: number): string => value.toLocaleString('en');
const letters = (count: number): string => (count === 1 ? '1 letter' : `${number(count)} letters`);

function result(kind: 'retry' | 'remove', moved: number, failed: number): string {
  if (kind === 'remove') return `${letters(moved)} removed.`;
  if (moved === 0) return 'There was nothing to decode any more.';
  if (failed === 0) return moved === 1 ? 'It could be decoded and is stored now.' : `All ${number(moved)} could be decoded and are stored now.`;
  if (failed >= moved) return moved === 1 ? 'It still cannot be decoded.' : `None of the ${number(moved)} can be decoded yet.`;
  return `${number(moved - failed)} of ${number(moved)} could be decoded and are stored now; ${number(failed)} still cannot be.`;
}

export function Course() {
  const present = change.value;
  const waiting = summary.value?.waiting ?? 0;
  if (!present) {
    if (waiting === 0) return null;
    return (
      <section class="card course" role="status">
        <p>{letters(waiting)} put back, waiting for a worker to decode them.</p>
      </section>
    );
  }
  const { kind, total, moved, failed, phase, error } = present;
  if (error !== null) {
    return (
      <>
        <Problem error={error} />
        <p class="quiet small">
          {number(moved)} of {number(total)} had been {kind === 'retry' ? 'put back' : 'removed'} before; the rest are still here.{' '}
          <button type="button" class="link" onClick={dismiss}>
            Dismiss
          </button>
        </p>
      </>
    );
  }
  if (phase === 'over') {
    return (
      <section class={`card course ${kind === 'retry' && failed > 0 ? 'course-mixed' : 'course-good'}`} role="status">
        <p>{result(kind, moved, failed)}</p>
        <button type="button" class="ghost" onClick={dismiss}>
          Dismiss
        </button>
      </section>
    );
  }
  const done = kind === 'remove' ? moved : phase === 'moving' ? 0 : moved - present.waiting;
  return (
    <section class="card course" role="status">
      <p>
        {kind === 'remove' && `${number(done)} of ${number(total)} removed`}
        {kind === 'retry' && phase === 'moving' && `${number(moved)} of ${number(total)} put back`}
        {kind === 'retry' && phase === 'decoding' && `${number(done)} of ${number(total)} decoded again`}
        {kind === 'retry' && failed > 0 && <span class="quiet"> · {number(failed)} still cannot be</span>}
      </p>
      <Bar part={(phase === 'moving' ? moved : done) / Math.max(1, total)} />
    </section>
  );
}
