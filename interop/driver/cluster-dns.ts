import { createSocket, type Socket } from 'node:dgram';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode } from 'dns-packet';
import type { Cluster } from './cluster.ts';

const suffix = 'default.svc.cluster.local';
const ttlSeconds = 1;

/** DNS of a cluster, as far as discovery by SRV records asks for it. It is silent until told to answer. */
export class ClusterDns {
  /** `HOST:PORT` */
  readonly address: string;
  answering = false;
  readonly #socket: Socket;

  private constructor(socket: Socket, cluster: Cluster) {
    this.#socket = socket;
    this.address = `127.0.0.1:${socket.address().port}`;
    socket.on('message', (bytes, { address, port }) => {
      if (!this.answering) return;
      const query = decode(bytes);
      const [question] = query.questions ?? [];
      const answers = question === undefined ? [] : answersTo(question.name, question.type, cluster);
      const questions = query.questions ?? [];
      const response = encode({ type: 'response', id: query.id, flags: AUTHORITATIVE_ANSWER, questions, answers });
      socket.send(response, port, address);
    });
  }

  static async start(cluster: Cluster): Promise<ClusterDns> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, '127.0.0.1', resolve);
    });
    return new ClusterDns(socket, cluster);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(resolve));
  }
}

/** `_grpc._tcp.SERVICE.…` SRV lists the pods; `POD.SERVICE.…` A is a pod's address. */
function answersTo(name: string, type: string, cluster: Cluster): Answer[] {
  const labels = name.endsWith(`.${suffix}`) ? name.slice(0, -suffix.length - 1).split('.') : [];
  const service = labels.at(-1) ?? '';
  const { port, pods } = cluster.addresses(service);
  if (type === 'SRV' && labels[0] === '_grpc') {
    return pods.map((pod) => ({
      type: 'SRV',
      name,
      ttl: ttlSeconds,
      data: { port, target: `${pod.name}.${service}.${suffix}`, priority: 0, weight: 1 },
    }));
  }
  const pod = pods.find((candidate) => candidate.name === labels[0]);
  return type === 'A' && pod !== undefined ? [{ type: 'A', name, ttl: ttlSeconds, data: pod.address }] : [];
}
