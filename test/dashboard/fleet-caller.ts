// A client process of Fleet: TARGETS (with commas) CALLS_PER_SECOND. It calls at that rate, whatever became of earlier calls.
import { create } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { sayHello } from '../../src/base/testing/say-hello.ts';
import { EchoRequestSchema } from '../../src/gen/echo/echo_pb.ts';

register();

const deadlineMs = 5_000;
const [targets = '', rate = '20'] = process.argv.slice(2);
const clients = targets.split(',').map((name) => new Client(`xds:///${name}`, credentials.createInsecure()));

setInterval(() => {
  for (const client of clients) {
    client.makeUnaryRequest(
      sayHello.path,
      sayHello.requestSerialize,
      sayHello.responseDeserialize,
      create(EchoRequestSchema, { name: 'fleet' }),
      { deadline: Date.now() + deadlineMs },
      () => {},
    );
  }
}, 1_000 / Number(rate));
process.on('disconnect', () => process.exit());
