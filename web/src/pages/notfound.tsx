/** An address that names nothing. */
export function NotFoundPage() {
  return (
    <main class="page" id="content">
      <section class="empty">
        <h1>Nothing is here</h1>
        <p>The address names no page of this console.</p>
        <p class="row-of-buttons">
          <a class="button" href="/">
            Live attack map
          </a>
          <a class="button" href="/transactions">
            Transactions
          </a>
        </p>
      </section>
    </main>
  );
}
