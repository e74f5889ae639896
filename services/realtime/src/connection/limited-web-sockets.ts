import { WebSocketServer, type ServerOptions } from 'ws'

/** Browsers split large messages, into some few fragments. */
const MAX_FRAGMENTS = 64
/** Reads that one frame may be spread over: each is kept until the frame is whole. */
const MAX_BUFFERED_READS = 1024

/** `ws` answers pings by itself, however many they are, and keeps as many halves of messages: here the connection's meter decides. [SES20] */
export class LimitedWebSocketServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    const limits = { autoPong: false, maxFragments: MAX_FRAGMENTS, maxBufferedChunks: MAX_BUFFERED_READS }
    super({ ...options, ...limits })
  }
}
