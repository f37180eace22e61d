import { test } from 'node:test';
import { discoveryCases } from '../testing/cases.ts';
import { FakeApiServer } from './testing/fake-api-server.ts';
import { fakeDriver } from './testing/fake-driver.ts';

for (const { name, run } of discoveryCases) {
  test(`kubernetes: ${name}`, async (t) => {
    const fake = await FakeApiServer.start();
    t.after(() => fake.stop());
    await run(fakeDriver(fake));
  });
}
