import { escape, page } from './html.js';
import type { IssuerProfile } from './issuer.js';
import type { User } from './users.js';

/** Who somebody is. */
export function userPage(
  issuer: IssuerProfile,
  users: readonly (readonly [string, User])[],
  unknown?: string,
): string {
  const options = users.map(([name, user]) => {
    const facts = [
      ...user.groups,
      user.mfa ? 'second factor' : '',
      user.device === 'compliant' ? 'compliant device' : '',
    ];
    const shown = facts.filter((fact) => fact !== '').join(', ');
    return `<option value="${escape(name)}">${escape(shown === '' ? name : `${name} (${shown})`)}</option>`;
  });
  const refusal = unknown === undefined ? '' : alert(`There is no user ${JSON.stringify(unknown)} here.`);
  return page(
    'Sign in, for development',
    `<p class="note">This provider stands in for ${escape(issuer.node.issuer)} on this machine. It asks for no
password: anybody who reaches it can be anybody.</p>
${refusal}<form method="post">
<label for="username">User</label>
<select id="username" name="username" required autofocus>${options.join('')}</select>
<label class="choice"><input type="checkbox" name="mfa" checked> with the second factor, if the user has one</label>
<button>Sign in</button>
</form>`,
  );
}

/** Their authenticator's code. */
export function codePage(issuer: IssuerProfile, name: string, wrong?: 'wrong'): string {
  const refusal = wrong ? alert('This is not the code of now, or it has been used.') : '';
  return page(
    'Second factor',
    `<p>${escape(name)} at ${escape(issuer.node.issuer)}: open the authenticator and enter its six digits.</p>
${refusal}<form method="post">
<input type="hidden" name="username" value="${escape(name)}">
<input type="hidden" name="mfa" value="on">
<label for="code">Code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,7}" maxlength="7"
 required autofocus${wrong ? ' aria-invalid="true" aria-describedby="refusal"' : ''}>
<button>Continue</button>
</form>`,
  );
}

/** Too many wrong codes. */
export function lockedPage(): string {
  return page(
    'Second factor',
    alert('Too many wrong codes. Close this page, and begin at the service that you came from.'),
  );
}

function alert(text: string): string {
  return `<p role="alert" id="refusal">${escape(text)}</p>\n`;
}
