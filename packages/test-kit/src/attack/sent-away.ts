import type { RecordingClient } from '../connect-client.ts'

/** A node that is overfull asks a user's ninth socket to go to another: that is no harm. */
export const isSentAway = ({ frames }: RecordingClient) => frames.some(({ name }) => name === 'server:draining')
