// A backend process of Fleet: HOST PORT NAME. Says its port when it listens.
import { EchoBackend } from '../../src/controlplane/testing/echo-backend.ts';

const [host = '', port = '0', name = ''] = process.argv.slice(2);
const backend = await EchoBackend.start(host, Number(port), name);
process.send!(backend.port);
process.on('disconnect', () => process.exit());
