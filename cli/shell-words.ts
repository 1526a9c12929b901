/** Why a text is not plain words: part of a sentence. */
export class NotPlainWords extends Error {}

/**
 * The words of a command as a POSIX shell splits them, without running anything: quotes, backslashes and
 * continued lines are read; what a shell would replace or run is `NotPlainWords`.
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  const add = (part: string) => {
    word = (word ?? '') + part;
  };
  while (at < text.length) {
    const character = text[at]!;
    at += 1;
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'") {
      const end = text.indexOf("'", at);
      if (end < 0) throw new NotPlainWords("a ' is not closed");
      add(text.slice(at, end));
      at = end + 1;
    } else if (character === '"') {
      add('');
      for (; text[at] !== '"'; at += 1) {
        if (at >= text.length) throw new NotPlainWords('a " is not closed');
        if (text[at] === '\\' && /["\\$`\n]/.test(text[at + 1] ?? '')) {
          at += 1;
          if (text[at] !== '\n') add(text[at]!);
        } else add(plain(text[at]!));
      }
      at += 1;
    } else if (character === '\\') {
      if (text[at] !== '\n') add(text[at] ?? '');
      at += 1;
    } else if (/[|&;<>()]/.test(character)) {
      throw new NotPlainWords(`a shell would end the command at ${character}`);
    } else {
      add(plain(character));
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function plain(character: string): string {
  if (character === '$' || character === '`') {
    throw new NotPlainWords('a shell would replace what follows $ or `: write the value');
  }
  return character;
}
