import { adminAttacks } from './attacks-admin.ts';
import { grpcAttacks } from './attacks-grpc.ts';
import { handshakeAttacks } from './attacks-handshake.ts';
import { http2Attacks } from './attacks-http2.ts';
import { ownAttacks } from './attacks-own.ts';
import { pieceAttacks } from './attacks-pieces.ts';
import { unreadAttacks } from './attacks-unread.ts';
import { workAttacks } from './attacks-work.ts';

/** What an attack has to work with. */
export interface Target {
  readonly port: number;
  /** Whether the time that it was given is over. */
  over(): boolean;
}

/** One way of hurting a server. */
export interface Attack {
  /** What it does, and after which report. */
  readonly what: string;
  /** The port that it is for, where that is not the one for xDS without TLS; a server without such a port is left out. */
  readonly on?: 'tls' | 'admin';
  /** One attacker at work, until its time is over or it gives up. */
  run(target: Target): Promise<void>;
}

export const attacks: Readonly<Record<string, Attack>> = {
  ...unreadAttacks,
  ...grpcAttacks,
  ...http2Attacks,
  ...ownAttacks,
  ...workAttacks,
  ...pieceAttacks,
  ...handshakeAttacks,
  ...adminAttacks,
};
