/** A `svc_config.json` of system E as it stands in a ConfigMap. */
export function svcConfig(...names: readonly string[]): string {
  return JSON.stringify({
    services: names.map((serviceName) => ({
      serviceName,
      namespace: 'default',
      portName: 'grpc',
      protocol: 'tcp',
      grpcServiceName: 'echo.EchoServer',
      zone: 'us-central1-a',
      region: 'us-central1',
    })),
  });
}
