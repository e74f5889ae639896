export type Table = { title: string; columns: readonly string[]; rows: readonly (readonly string[])[]; note?: string }

/** As Markdown, so that it can go into a page as it is. */
export function formatTable({ title, columns, rows, note }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const text = [`## ${title}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line)]
  return [...text, ...(note ? ['', note] : []), ''].join('\n')
}
