/** A name in a program, or a word in a text; `words` are its parts: `isFeedLate` is `is`, `feed` and `late`. */
export type NameUse = { name: string; words: string[]; line: number }

/** Comments and texts. Of a template only what stands between `${` and `}` is code. */
const TOKENS = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g
const INSERTED = /\$\{[^{}]*\}/g
/** Names that are the language's or the platform's own. */
const FOREIGN = /\bconsole\.log\b|\bRecord(?=<)/g
const PARTS = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g

export function namesInCode(code: string): NameUse[] {
  const names = code
    .replaceAll(TOKENS, (token) => (token.startsWith('`') ? keepInserted(token) : blank(token)))
    .replaceAll(FOREIGN, blank)
  return usesOf(names, /[A-Za-z_$][\w$]*/g)
}

export function namesInText(text: string): NameUse[] {
  return usesOf(text, /\p{L}+/gu)
}

function usesOf(text: string, pattern: RegExp): NameUse[] {
  return text.split('\n').flatMap((line, i) =>
    [...line.matchAll(pattern)].map(([name]) => ({
      name,
      words: [...name.matchAll(PARTS)].map(([word]) => word.toLowerCase()),
      line: i + 1,
    })),
  )
}

function keepInserted(template: string): string {
  const inserted = [...template.matchAll(INSERTED)].map(([code]) => code.slice(2, -1).replaceAll(/'[^']*'/g, blank))
  return `${inserted.join(' ')}${template.replaceAll(/[^\n]/g, '')}`
}

/** As many lines, and no names. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ')
}
