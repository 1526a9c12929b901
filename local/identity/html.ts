/** A page of the development provider. `body` is HTML; `title` is text. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }
  form { display: grid; gap: .5rem }
  .note { border-left: .25rem solid #b45309; padding-left: .75rem; color: #7c2d12 }
</style>
<h1>${escape(title)}</h1>
${body}
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
