import { type AddressRange, claimAddressRange } from './address-range.ts';
import { ControlServer } from './control/server.ts';
import type { DnsServer } from './dns/server.ts';
import { startDns } from './dns/start.ts';
import { checkName } from './names.ts';
import { Reaper } from './reaper.ts';
import { createStateDir, type LabInfo } from './state-dir.ts';

/** What a lab holds of this machine. */
export interface LabParts {
  readonly info: LabInfo;
  readonly range: AddressRange;
  readonly stateDir: string;
  readonly reaper: Reaper;
  readonly control: ControlServer;
  readonly dns: DnsServer;
  readonly dnsHost: string;
  readonly dnsPort: number;
}

/**
 * Takes addresses, folder and sockets of a lab; nothing is left behind where one of them cannot be had.
 *
 * @throws EvenkeelError `EK_LAB_ADDRESS`, `EK_LAB_STATE`, `EK_LAB_ID_TAKEN`, `EK_PORT_IN_USE`
 */
export async function openParts(wantedId: string | undefined): Promise<LabParts> {
  if (wantedId !== undefined) checkName(wantedId, '--id', 30);
  const range = await claimAddressRange();
  const id = wantedId ?? `lab${range.prefix.slice('127.'.length)}`;
  const info: LabInfo = { id, pid: process.pid, prefix: range.prefix, startedAt: Date.now() };
  const control = new ControlServer();
  let reaper: Reaper | undefined;
  try {
    const stateDir = await createStateDir(info, (socket) => control.listen(socket));
    reaper = new Reaper(stateDir);
    return { info, range, stateDir, reaper, control, ...(await startDns(range.prefix)) };
  } catch (error) {
    await control.close();
    await reaper?.close();
    await range.release();
    throw error;
  }
}
