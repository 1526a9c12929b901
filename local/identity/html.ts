/** A page of the development provider. `body` is HTML; `title` is text. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>
  :root { color-scheme: light dark; --line: #6b7280; --strong: #1d4ed8; --on: #fff; --note: #7c2d12 }
  @media (prefers-color-scheme: dark) { :root { --line: #9ca3af; --strong: #93c5fd; --on: #0b1220; --note: #fdba74 } }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 4rem auto; padding: 0 1.25rem }
  h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem }
  form { display: grid; gap: .5rem; margin: 1.5rem 0 0 }
  label { font-weight: 600 }
  label.choice { font-weight: 400; margin: .5rem 0 }
  input:not([type=checkbox]), select, button {
    font: inherit; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .375rem;
    width: 100%; box-sizing: border-box
  }
  input[type=checkbox] { width: 1.25rem; height: 1.25rem; vertical-align: text-bottom; accent-color: var(--strong) }
  #code { letter-spacing: .25em; font-variant-numeric: tabular-nums }
  button { background: var(--strong); border-color: var(--strong); color: var(--on); font-weight: 600; margin-top: .5rem }
  button.second { background: transparent; color: var(--strong) }
  :focus-visible { outline: 3px solid var(--strong); outline-offset: 2px }
  .note { border-left: .25rem solid currentcolor; padding-left: .75rem; color: var(--note) }
  [role=alert] { border: 1px solid currentcolor; border-radius: .375rem; padding: .5rem .75rem; font-weight: 600; color: var(--note) }
</style>
<main>
<h1>${escape(title)}</h1>
${body}
</main>
</html>
`;
}

/** Text in HTML, also between double quotes. */
export function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Headers of every page: it loads nothing from anywhere, and nobody frames it. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
} as const;
