import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Json } from '../views/host';
import type { HostMethods } from '../views/hosts/rest';
import { part, type Client } from './client';
import type { Settings } from './settings';
import { CommandIDs } from './tokens';

/** Which command does what a panel asks of JupyterLab. */
const COMMANDS: { readonly [method: string]: string } = {
  'host.open': CommandIDs.open,
  'host.form': CommandIDs.form,
  'host.cell': CommandIDs.insertCode
};

/** What JupyterLab does for a panel. */
export function hostMethods(
  commands: CommandRegistry,
  client: Client,
  settings: Settings
): HostMethods {
  const methods: HostMethods = {};
  for (const [method, command] of Object.entries(COMMANDS)) {
    methods[method] = async payload => {
      const given = payload as ReadonlyPartialJSONObject;
      return ((await commands.execute(command, given)) ?? null) as Json;
    };
  }
  methods['host.run'] = payload =>
    client.post<Json>(`operations/${part(String(payload.operation))}`, {
      arguments: payload.arguments ?? {},
      kernelspec: payload.kernelspec ?? (settings.kernelspec || null)
    });
  return methods;
}

/** Leave out the methods whose plugin is not there. */
export function methodsThatWork(
  methods: HostMethods,
  commands: CommandRegistry
): string[] {
  return Object.keys(methods).filter(
    method => !(method in COMMANDS) || commands.hasCommand(COMMANDS[method])
  );
}
