import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import { evenkeelCommand } from '../../src/lab/index.ts';
import { startLab } from '../../src/lab/testdata/start.ts';
import { assertUsable, launch, openPage, skipBrowser, views } from './browser.ts';

const port = 50_051;
const page = `#/services/default/be1-srv:${port}`;

test('in a lab the page freezes, thaws, kills, scales and rolls, and shows what becomes of it', {
  skip: skipBrowser,
}, async (t) => {
  const lab = await startLab(t);
  const ports = [{ name: 'grpc', port, appProtocol: 'grpc' }];
  await lab.createService({ name: 'be1-srv', headless: true, selector: ['be1'], ports });
  lab.createDeployment({
    name: 'be1',
    replicas: 3,
    // The kernel accepts connections for a process that is frozen: only its callers notice.
    template: { ...evenkeelCommand('workload', 'be1-srv'), ports, readiness: { tcp: { port } } },
  });
  const { adminAddress, xdsAddress } = await lab.deployControlPlane({ mode: 'file', args: ['--load-reports'] });
  const bootstrap = clientBootstrap({ server: xdsAddress, nodeId: 'web-7c9d8f6b5c-x2x4z' }, {});
  lab.createDeployment({
    name: 'caller',
    template: {
      args: [fileURLToPath(new URL('fleet-caller.ts', import.meta.url)), 'be1-srv', '40'],
      env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) },
    },
  });
  const patience = { timeoutMs: 240_000 };
  const [[pod, , last]] = await Promise.all([
    lab.ready('be1', undefined, patience),
    lab.ready('evenkeel', undefined, patience),
  ]);
  const { name } = last!;
  const browser = await launch(t);
  const opened = await openPage(browser, adminAddress, page);
  const { page: tab, complaints } = opened;
  const rowOf = (of: string) => tab.locator('.pods tr', { hasText: of });
  const button = (label: string) => tab.getByRole('button', { name: label, exact: true });
  const outcome = tab.locator('.lab [role=status]');
  await tab.locator('h1 .badge.good').waitFor();
  await tab.locator('.lab', { hasText: '3 of 3 pods ready' }).waitFor();

  // By the keyboard, and the focus stays on the button while its row comes to the top.
  await button(`Freeze ${name}`).focus();
  await tab.keyboard.press('Enter');
  await outcome.filter({ hasText: `${name} is frozen` }).waitFor();
  await rowOf(name).locator('.badge', { hasText: 'frozen' }).waitFor();
  await rowOf(name).locator('.badge.bad').waitFor();
  await tab.locator('.happened li', { hasText: name }).locator('.badge', { hasText: 'ejected' }).waitFor();
  assert.equal(await rowOf(name).locator('..').locator('tr').first().locator('.pod').innerText(), name);
  assert.equal(await tab.evaluate('document.activeElement.getAttribute("aria-label")'), `Thaw ${name}`);

  for (const [width, colorScheme] of views) {
    const other = await openPage(browser, adminAddress, page, { width, colorScheme });
    await other.page.getByRole('button', { name: `Thaw ${name}` }).waitFor();
    await assertUsable(other.page);
    if (process.env.EVENKEEL_SCREENSHOTS !== undefined) {
      const path = `${process.env.EVENKEEL_SCREENSHOTS}/lab-${width}-${colorScheme}.png`;
      await other.page.screenshot({ path, fullPage: true });
    }
    await other.page.close();
    assert.deepEqual(other.complaints, []);
  }

  await tab.keyboard.press('Enter');
  await outcome.filter({ hasText: `${name} goes on` }).waitFor();
  await rowOf(name).locator('.badge', { hasText: 'frozen' }).waitFor({ state: 'detached' });

  await button(`Kill ${pod!.name}`).click();
  await outcome.filter({ hasText: `${pod!.name} was killed` }).waitFor();
  await lab.waitFor('its restart', () => lab.pod(pod!.name).restarts === 1);

  await tab.getByLabel('Pods of be1').fill('4');
  await tab.keyboard.press('Enter');
  await outcome.filter({ hasText: 'be1 is to have 4 pods' }).waitFor();
  await lab.waitFor('another pod', () => lab.pods('be1').length === 4);
  const before = lab.pods('be1').map((one) => one.name);
  for (const one of before) await rowOf(one).waitFor();

  await button('Roll be1').click();
  await outcome.filter({ hasText: 'be1: its pods are being replaced' }).waitFor();
  const isNew = (one: { name: string }) => !before.includes(one.name);
  await lab.waitFor('a new pod', () => lab.pods('be1').some(isNew));
  await rowOf(lab.pods('be1').find(isNew)!.name).waitFor();
  assert.deepEqual(complaints, []);

  // As somebody has it who writes requests himself.
  await tab.getByLabel('Pods of be1').evaluate((input) => input.removeAttribute('max'));
  await tab.getByLabel('Pods of be1').fill('51');
  await button('Scale be1').click();
  await tab.locator('.lab .bad', { hasText: 'be1: ' }).filter({ hasText: '50' }).waitFor();
});
