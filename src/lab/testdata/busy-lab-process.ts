// A lab that does nothing but start programs, so that it can be killed in the middle of that.
import { Lab } from '../index.ts';

const lab = await Lab.start();
lab.createDeployment({ name: 'busy', replicas: 12, template: { command: '/bin/sleep', args: [process.argv[2]!] } });
console.log('starting');
setInterval(() => lab.rollout('busy'), 5);
