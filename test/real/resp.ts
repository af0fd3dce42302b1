import { connect, type Socket } from 'node:net';
import type { Reply } from '../../src/protocols/redis/reply.ts';
import type { Args } from '../../src/protocols/redis/store.ts';

/** Where a reply begins, or ends. */
interface Decoded {
  readonly reply: Reply;
  readonly end: number;
}

/** Who waits for a reply. */
interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Speaks RESP 2 with a Redis over a socket. Client libraries hand out plain strings and numbers; what is compared here
 * is the kind of each reply, too, so this one keeps it.
 */
export class RespClient {
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private readonly waiting: Waiting[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => this.onData(bytes));
    socket.on('close', () => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error('the server has closed the connection'));
    });
    socket.on('error', () => undefined); // 'close' follows.
  }

  /** Connects to the loopback address. Rejects where nobody listens. */
  static connect(port: number): Promise<RespClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RespClient(socket));
      });
    });
  }

  /** Sends all commands at once; the replies are in their order. */
  send(commands: readonly Args[]): Promise<Reply[]> {
    const replies = commands.map(() => new Promise<Reply>((resolve, reject) => {
      this.waiting.push({ resolve, reject });
    }));
    this.socket.write(commands.map(encode).join(''));
    return Promise.all(replies);
  }

  async call(...args: Args): Promise<Reply> {
    return (await this.send([args]))[0] as Reply;
  }

  close(): void {
    this.socket.destroy();
  }

  private onData(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    let begin = 0;
    for (let found = decode(this.received, begin); found !== null; found = decode(this.received, begin)) {
      this.waiting.shift()?.resolve(found.reply);
      begin = found.end;
    }
    this.received = this.received.subarray(begin);
  }
}

function encode(args: Args): string {
  return `*${args.length}\r\n${args.map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`).join('')}`;
}

/** The reply that begins there; `null` while a part of it is missing. */
function decode(bytes: Buffer, begin: number): Decoded | null {
  const lineEnd = bytes.indexOf('\r\n', begin);
  if (lineEnd < 0) return null;
  const [type, text] = [String.fromCharCode(bytes[begin] as number), bytes.toString('utf8', begin + 1, lineEnd)];
  const end = lineEnd + 2;
  switch (type) {
    case '+': return { reply: { kind: 'status', text }, end };
    case '-': return { reply: { kind: 'error', text }, end };
    case ':': return { reply: { kind: 'integer', value: Number(text) }, end };
    case '$': return decodeBulk(bytes, end, Number(text));
    case '*': return decodeArray(bytes, end, Number(text));
    default: throw new Error(`no reply of RESP 2 begins with ${JSON.stringify(type)}`);
  }
}

function decodeBulk(bytes: Buffer, begin: number, length: number): Decoded | null {
  if (length < 0) return { reply: { kind: 'nil' }, end: begin };
  const end = begin + length;
  if (bytes.length < end + 2) return null;
  return { reply: { kind: 'bulk', text: bytes.toString('utf8', begin, end) }, end: end + 2 };
}

function decodeArray(bytes: Buffer, begin: number, count: number): Decoded | null {
  if (count < 0) return { reply: { kind: 'nil' }, end: begin };
  const items: Reply[] = [];
  let end = begin;
  for (let i = 0; i < count; i++) {
    const item = decode(bytes, end);
    if (item === null) return null;
    items.push(item.reply);
    end = item.end;
  }
  return { reply: { kind: 'array', items }, end };
}
