/**
 * A certified OpenID Connect provider (the npm package oidc-provider) with a few people and their groups.
 *   node provider.mjs PORT CONSOLE_URL
 * The password of everybody is "provider". Says "ready" when it listens.
 */
import { readFileSync } from 'node:fs';
import Provider, { interactionPolicy } from 'oidc-provider';

const [, , port, consoleUrl] = process.argv;
const issuer = `http://127.0.0.1:${port}`;
const people = JSON.parse(readFileSync(new URL('people.json', import.meta.url)));

const policy = interactionPolicy.base();
policy.remove('consent');

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'bartizan',
      client_secret: 'a secret: with/odd+signs%',
      redirect_uris: [`${consoleUrl}/oidc/callback`],
      post_logout_redirect_uris: [`${consoleUrl}/login`],
    },
  ],
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email', 'email_verified'] },
  cookies: { keys: ['only for tests'] },
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  findAccount: (_ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

const FORM = `<!doctype html><title>Provider</title><form method="post">
<label>Who <input name="who"></label><label>Secret <input name="secret" type="password"></label>
<button>Sign in</button></form>`;

async function fields(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
}

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = FORM;
    return undefined;
  }
  const form = await fields(ctx.req);
  const who = form.get('who');
  const isRight = people[who] && form.get('secret') === 'provider';
  const result = isRight ? { login: { accountId: who } } : { error: 'access_denied', error_description: 'nobody' };
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  return undefined;
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
