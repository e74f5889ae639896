/**
 * A Socket.IO event packet of the default namespace, as Engine.IO sends it: `4` (message), `2` (event), then `["<name>",<body>]`.
 * Composed here and nowhere else: what goes to thousands of sockets is encoded once.
 */
const PREFIX = '42'
const BEGIN = `${PREFIX}["`

export function encodePacket(name: string, body: unknown): string {
  return encodeRawPacket(name, JSON.stringify(body))
}

/** `json`: the body, ready. */
export function encodeRawPacket(name: string, json: string): string {
  return `${PREFIX}[${JSON.stringify(name)},${json}]`
}

export function decodePacket(packet: string): [name: string, body: unknown] {
  return JSON.parse(packet.slice(PREFIX.length)) as [string, unknown]
}

/** Whether a text has an event's packet at this place. Cheap: nothing is parsed. */
export function isPacket(text: string, at = 0): boolean {
  return text.startsWith(BEGIN, at)
}

/** Whether it is the packet of this event. */
export function isPacketOf(name: string, text: string, at = 0): boolean {
  return text.startsWith(`${BEGIN}${name}"`, at)
}

/** Adds a member to the end of a packet's body, which is an object. */
export function addToPacket(packet: string, member: string, value: number): string {
  return `${packet.slice(0, -2)},"${member}":${value}}]`
}
