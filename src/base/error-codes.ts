/** What a stable error code means and what to do about it; docs/errors.md is held to this table by a test. */
export interface ErrorCode {
  /** One sentence: when this error is raised. */
  readonly when: string;
  /** One sentence: what the person who reads it should do. */
  readonly action: string;
  /** The process's exit code when this error ends it: 1 a gate was not met, 2 bad input or usage, 3 the run broke. */
  readonly exitCode: 1 | 2 | 3;
}

function code(exitCode: ErrorCode['exitCode'], when: string, action: string): ErrorCode {
  return { when, action, exitCode };
}

export const errorCodes = {
  EK_USAGE: code(
    2,
    'A command line has an unknown command or option, or an option value of the wrong form.',
    'Run the command with --help; it lists every option with an example.',
  ),
  EK_FILE_READ: code(2, 'A file that was named could not be read.', 'Check the path and its permissions.'),
  EK_FILE_SYNTAX: code(
    2,
    'A file is not well-formed YAML or JSON.',
    'Correct the file at the line and column that the message gives.',
  ),
  EK_CONFIG_INVALID: code(
    2,
    'A field of a configuration or endpoint file is unknown, missing or of the wrong type.',
    'Correct the field that the message names; docs/configuration.md lists all fields.',
  ),
  EK_DUPLICATE_SERVICE: code(
    2,
    'A Service (or one port of it) is given twice; the message gives both places.',
    'Remove one of the two, or give them different namespaces, names or ports.',
  ),
  EK_DUPLICATE_ENDPOINT: code(
    2,
    'An endpoint file gives the same address twice for one Service; clients reject such a list as a whole.',
    'Remove one of the two entries that the message names.',
  ),
  EK_DNS_NAME: code(
    2,
    'A configured Service has no SRV record: the DNS server says that the name does not exist.',
    'Check name, namespace, portName and discovery.dns.clusterDomain; the message gives the full name that was asked for.',
  ),
  EK_DNS_FAILED: code(
    3,
    'A DNS server did not answer in time, refused, or answered what cannot be used; the last good endpoints stay.',
    'Check that discovery.dns.servers can be reached from here over UDP and TCP.',
  ),
  EK_KUBE_CONFIG: code(
    2,
    'No Kubernetes API server was found, or the kubeconfig or service account that names it cannot be used.',
    'Set KUBECONFIG or --kubeconfig, or run as a pod with a service account token.',
  ),
  EK_KUBE_UNREACHABLE: code(
    3,
    'The Kubernetes API server did not answer; the last good endpoints stay.',
    'Check that the address in the message can be reached from here; it is tried again all the time.',
  ),
  EK_KUBE_UNAUTHORIZED: code(
    2,
    'The Kubernetes API server does not accept the token or certificate that it was shown.',
    'Renew the credentials of the kubeconfig, or check that the service account of the pod exists.',
  ),
  EK_KUBE_FORBIDDEN: code(
    2,
    'The Kubernetes API server does not allow to list or watch Services or EndpointSlices.',
    'Grant get, list and watch on services and on endpointslices of discovery.k8s.io, as docs/kubernetes.md shows.',
  ),
  EK_KUBE_ANSWER: code(
    3,
    'The Kubernetes API server answered with an error, or with what cannot be understood; the last good endpoints stay.',
    'Look at the log of the API server; the message has what it said.',
  ),
  EK_NOT_SERVED: code(
    2,
    'A client asks for a target that is not served: there is no such Service or port, or it is not among those to serve.',
    'Correct the target of the client; /config_dump?target=… says for any target whether it is served.',
  ),
  EK_RULES_VOID: code(
    2,
    'There are rules for clients with TLS, and beside it a port without TLS that is open to everybody.',
    'Say xds.plaintext: none (--xds-plaintext none), let that port listen on loopback, or leave the rules out.',
  ),
  EK_PORT_IN_USE: code(
    2,
    'An address to listen on is already taken by another program.',
    'Stop the other program or choose another address with the option that the message names.',
  ),
  EK_PLAINTEXT: code(
    2,
    'xDS would be served without TLS on an address that other hosts can reach, which was not asked for.',
    'Serve it with TLS (docs/tls.md), or say that plaintext is wanted with --xds-plaintext anywhere.',
  ),
  EK_TLS_CERTIFICATE: code(
    2,
    'A certificate, key or list of authorities cannot be used: malformed, expired, or key and certificate do not belong together.',
    'Put good PEM files in their places; a running server takes them up by itself and keeps the last good ones until then.',
  ),
  EK_UNKNOWN_SCHEME: code(
    2,
    'The list of schemes is empty or names one that does not exist.',
    'Choose from the schemes that the message lists.',
  ),
  EK_OUTPUT: code(
    3,
    'Standard output could not be written, as on a full disk.',
    'Make room, or print to somewhere else; with --report FILE the results are in that file as well.',
  ),
  EK_REPORT_PATH: code(
    2,
    'The file that the report is to be written to cannot be written.',
    'Name a file in a folder that exists and that this user may write to.',
  ),
  EK_PROBE_CLIENT: code(
    3,
    'The process that makes the calls of a scheme could not start or ended before its calls were made.',
    'Read its last output in the message and run again.',
  ),
  EK_PROBE_NO_ANSWER: code(
    3,
    'Not one warm-up call of a scheme was answered.',
    'Check that the target is reachable; the message has the last error of a call.',
  ),
  EK_PROBE_COUNT_MISMATCH: code(
    3,
    'What the client says was answered and what the backends counted differ, so the figures cannot be trusted.',
    'Look for other callers that mark their calls with the same run, or for a backend that was restarted meanwhile.',
  ),
  EK_PROBE_UNKNOWN_BACKEND: code(
    3,
    'A backend answered that was not among those expected, or an answer did not say which backend it came from.',
    'Check that nothing else changes the deployment and that the backend answers with the header evenkeel-pod.',
  ),
  EK_PROBE_TARGET: code(
    2,
    'The target of a probe has a scheme that is not known or lacks a part.',
    'Write dns:///HOST:PORT, xds:///NAME, kubernetes:///SERVICE.NAMESPACE[:PORT], HOST:PORT or a URL.',
  ),
  EK_PROBE_UNREACHABLE: code(
    3,
    'The target of a probe could not be connected to, or its name does not exist.',
    'Check the address, the port and whether it wants TLS (--tls); the message has the reason.',
  ),
  EK_PROBE_NO_REFLECTION: code(
    2,
    'The method of a probe is not known and the server does not describe it: it has no reflection, or not all of it.',
    'Give the .proto file with --proto (and --import-path), or switch reflection on in the server.',
  ),
  EK_PROBE_METHOD: code(
    2,
    'The method of a probe is not of the form SERVICE/METHOD or does not exist.',
    'Use one of those that the message lists.',
  ),
  EK_PROBE_DATA: code(
    2,
    'The data of a call is not JSON or does not fit the message that the method takes.',
    'Correct the field that the message names.',
  ),
  EK_PROBE_IDENTIFIER: code(
    2,
    'What --identify names is in no answer.',
    'Choose from what the message says is in an answer, or leave --identify away.',
  ),
  EK_PROBE_RATE: code(
    3,
    'Fewer calls a second were begun than were asked for, so the figures are not those of the rate.',
    'Ask for less, or use --engine wire, more --connections, or a machine with more processors.',
  ),
  EK_PROBE_FIXTURE: code(
    3,
    'The place in which the proof runs could not do what it was asked, for example scale a deployment.',
    'Read the cause in the message.',
  ),
  EK_PROVE_CLUSTER: code(
    2,
    'The Kubernetes API that the kubeconfig names does not answer.',
    'Check that kubectl version answers with the same kubeconfig and context.',
  ),
  EK_PROVE_IMAGE: code(
    2,
    'A pod of a proof cannot get its image.',
    'Load the image into the nodes, or push it and name it with --image; see --image-pull-policy.',
  ),
  EK_PROVE_POD: code(
    3,
    'A pod of a proof does not start, keeps ending, or is not ready in time.',
    'Run again with --keep and look at the pod: kubectl describe, kubectl logs.',
  ),
  EK_PROVE_SERVICE: code(
    3,
    'A Service of a proof does not lead to its ready pods: EndpointSlices, DNS or kube-proxy have not followed the API.',
    'Look at the EndpointSlices, at the pods of CoreDNS and kube-proxy, and at network policies of the cluster.',
  ),
  EK_XDS_RESOURCE: code(
    2,
    'A resource has a value that a gRPC client or Envoy would reject, or cannot be named.',
    'Correct the field that the message names; it says which values every client takes.',
  ),
  EK_LAB_ADDRESS: code(
    2,
    'The lab finds no loopback addresses of its own: they do not exist on this system, or all of them are taken.',
    'On macOS add the addresses as the message says; elsewhere end other labs.',
  ),
  EK_LAB_STATE: code(
    2,
    'The folder in which labs keep their state cannot be made or used.',
    'Remove it if it is not yours, or set TMPDIR to a place where you may write.',
  ),
  EK_LAB_ID_TAKEN: code(2, 'A lab with the id that was given is running.', 'Choose another --id, or end that lab.'),
  EK_LAB_NOT_FOUND: code(
    2,
    'No lab is running, or none with the id that was given.',
    'Start one with: evenkeel lab --keep',
  ),
  EK_LAB_AMBIGUOUS: code(
    2,
    'Several labs are running and the command does not say which one is meant.',
    'Name one of the ids that the message lists with --id.',
  ),
  EK_LAB_UNKNOWN_NAME: code(
    2,
    'The lab has no deployment, pod, Service or revision of that name.',
    'Use one of those that the message lists; evenkeel lab ps shows them all.',
  ),
  EK_LAB_SPEC: code(
    2,
    'A deployment or Service that the lab was asked for has a value it cannot have.',
    'Correct the value that the message names.',
  ),
  EK_LAB_NOT_READY: code(
    3,
    'Pods of a deployment did not become ready in time, or keep ending.',
    'Read what the pod wrote, in the message or with: evenkeel lab logs POD',
  ),
  EK_LAB_STOPPED: code(3, 'A lab ended while something was still being asked of it.', 'Start it again.'),
  EK_NGINX_MISSING: code(
    2,
    'The front of system D is nginx itself, and no such program was found.',
    'Install nginx, or name the program with --nginx or EVENKEEL_NGINX.',
  ),
  EK_NGINX_FAILED: code(
    3,
    'nginx did not start or ended by itself.',
    'Read what nginx says on standard error, above the message.',
  ),
  EK_ENVOY_MISSING: code(
    2,
    'The row l7-envoy is a real Envoy, and no such program was found where nothing may be skipped (EVENKEEL_REQUIRE=all).',
    'Put envoy on PATH, name it with EVENKEEL_ENVOY, or run: node interop/install.mjs envoy',
  ),
  EK_GO_CLIENT_MISSING: code(
    2,
    'Rows of the client grpc-go need a program of Go, and it was not found where nothing may be skipped (EVENKEEL_REQUIRE=all).',
    'Install Go and build it: node interop/install.mjs go. Or name one with EVENKEEL_GO_CLIENT.',
  ),
  EK_EXPERIMENT_LAB_ONLY: code(
    2,
    'This experiment, or this flag of it, needs what only the lab has, and a cluster was asked for.',
    'Leave out --kubernetes; docs/experiments.md says why.',
  ),
  EK_ADMIN_UNREACHABLE: code(
    3,
    'The admin server of a control plane did not answer.',
    'Check the address; in a cluster, first run: kubectl port-forward deployment/evenkeel 18001',
  ),
  EK_ADMIN_ANSWER: code(
    3,
    'What answered is not the admin server of a control plane, or one of another version.',
    'Check the address, and that both are of the same version.',
  ),
  EK_LOAD_OFF: code(
    2,
    'The control plane does not ask clients what became of their calls.',
    'Start it with --load-reports, or load.reports: true; docs/load.md says what that costs.',
  ),
  EK_INTERNAL: code(
    3,
    'Something failed that evenkeel has no better word for.',
    'Run again with EVENKEEL_LOG=debug and report the output as an issue.',
  ),
} as const satisfies Record<`EK_${string}`, ErrorCode>;

export type ErrorCodeName = keyof typeof errorCodes;
