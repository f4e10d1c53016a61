import { isObject, objectsIn, textAt } from '../fixture/json.ts';
import { accepted, type Api } from './api.ts';

/** What `kubectl get` prints: the columns' names, then the rows. `wide`: as with `-o wide`. */
export async function readTable(api: Api, path: string, wide = false): Promise<readonly (readonly unknown[])[]> {
  const table = accepted(await api.get(path, 'application/json;as=Table;g=meta.k8s.io;v=v1'));
  const columns = objectsIn(table['columnDefinitions']);
  const shown = columns.map(({ priority }) => wide || priority === 0);
  const rows = objectsIn(table['rows']).map(({ cells }): readonly unknown[] => (Array.isArray(cells) ? cells : []));
  const names: readonly unknown[] = columns.map((column) => textAt(column, 'name'));
  return [names, ...rows].map((row) => row.filter((_, at) => shown[at]));
}

/** The short names by which kubectl knows a resource. */
export async function readShortNames(api: Api, plural: string): Promise<unknown> {
  const resources = objectsIn(accepted(await api.get('/apis/crd.antrea.io/v1beta1'))['resources']);
  return resources.find((resource) => isObject(resource) && resource['name'] === plural)?.['shortNames'];
}
