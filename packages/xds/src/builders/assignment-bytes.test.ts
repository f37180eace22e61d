import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ClusterLoadAssignmentSchema } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { assignmentBytes, type EncodableEndpoint, type EncodableLocality } from './assignment-bytes.ts';

function byGeneratedCode(clusterName: string, localities: readonly EncodableLocality[]): Uint8Array {
  const init = {
    clusterName,
    endpoints: localities.map(({ region, zone, subZone, weight, priority, endpoints }) => ({
      locality: { region, zone, subZone },
      loadBalancingWeight: weight,
      priority,
      lbEndpoints: endpoints.map(({ address, port, weight: share, healthy }) => ({
        hostIdentifier: {
          case: 'endpoint' as const,
          value: {
            address: {
              address: {
                case: 'socketAddress' as const,
                value: { address, portSpecifier: { case: 'portValue' as const, value: port } },
              },
            },
          },
        },
        ...(share !== undefined && { loadBalancingWeight: share }),
        ...(healthy !== undefined && { healthStatus: healthy ? 1 : 2 }),
      })),
    })),
  };
  const message = create(ClusterLoadAssignmentSchema, init as MessageInitShape<typeof ClusterLoadAssignmentSchema>);
  return toBinary(ClusterLoadAssignmentSchema, message);
}

test('the bytes are those of the generated code', () => {
  const names = ['', 'a', 'zone-ä', 'x'.repeat(200)];
  const numbers = [1, 127, 128, 16_383, 16_384, 2_097_152, 268_435_456, 4_294_967_295];
  const endpoints: EncodableEndpoint[] = ['10.0.0.1', '::1', '2001:db8:1234:5678:9abc:def0:1234:5678'].flatMap(
    (address) =>
      [1, 127, 128, 65_535].flatMap((port) =>
        [undefined, ...numbers].flatMap((weight) =>
          [undefined, true, false].map((healthy) => ({ address, port, weight, healthy })),
        ),
      ),
  );
  const localities: EncodableLocality[] = names.flatMap((name, index) =>
    numbers.map((weight) => ({
      region: name,
      zone: names[(index + 1) % names.length]!,
      subZone: names[(index + 2) % names.length]!,
      weight,
      priority: index,
      endpoints: index === 3 ? [] : endpoints,
    })),
  );
  for (const name of names.slice(1)) {
    for (const some of [[], ...localities.map((locality) => [locality]), localities]) {
      assert.ok(Buffer.from(byGeneratedCode(name, some)).equals(assignmentBytes(name, some)));
    }
  }
});
