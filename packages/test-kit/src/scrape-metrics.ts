/** The value of a metric, summed over its labels unless the name has some: `derm_x_total{reason="OOM"}`; 0 when it is not there. */
export async function scrapeMetric(adminUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  let sum = 0
  for (const line of text.split('\n'))
    if (line.startsWith(`${name} `) || (!name.endsWith('}') && line.startsWith(`${name}{`)))
      sum += Number(line.slice(line.lastIndexOf(' ') + 1))
  return sum
}
