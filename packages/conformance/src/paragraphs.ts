const page = 'https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol';

/** Headings of the protocol's page, in its order, and gRFCs. */
export const paragraphs = {
  methods: {
    title: 'RPC Services and Methods for Each Variant',
    url: `${page}#rpc-services-and-methods-for-each-variant`,
  },
  overview: { title: 'Basic Protocol Overview', url: `${page}#basic-protocol-overview` },
  ack: {
    title: 'ACK/NACK and resource type instance version',
    url: `${page}#ack-nack-and-resource-type-instance-version`,
  },
  update: { title: 'When to send an update', url: `${page}#when-to-send-an-update` },
  names: {
    title: 'How the client specifies what resources to return',
    url: `${page}#how-the-client-specifies-what-resources-to-return`,
  },
  grouping: { title: 'Grouping Resources into Responses', url: `${page}#grouping-resources-into-responses` },
  duplicates: { title: 'Duplicate Resource Names', url: `${page}#duplicate-resource-names` },
  deleting: { title: 'Deleting Resources', url: `${page}#deleting-resources` },
  missing: {
    title: 'Knowing When a Requested Resource Does Not Exist',
    url: `${page}#knowing-when-a-requested-resource-does-not-exist`,
  },
  unsubscribing: { title: 'Unsubscribing From Resources', url: `${page}#unsubscribing-from-resources` },
  multiple: {
    title: 'Requesting Multiple Resources on a Single Stream',
    url: `${page}#requesting-multiple-resources-on-a-single-stream`,
  },
  nonces: { title: 'Resource updates', url: `${page}#resource-updates` },
  warming: { title: 'Resource warming', url: `${page}#resource-warming` },
  order: {
    title: 'Eventual consistency considerations',
    url: `${page}#eventual-consistency-considerations`,
  },
  ads: { title: 'Aggregated Discovery Service', url: `${page}#aggregated-discovery-service` },
  incremental: { title: 'Incremental xDS', url: `${page}#incremental-xds` },
  deltaSubscribing: { title: 'Incremental xDS: Subscribing to Resources', url: `${page}#subscribing-to-resources` },
  deltaUnsubscribing: {
    title: 'Incremental xDS: Unsubscribing from Resources',
    url: `${page}#xds-protocol-unsubscribe`,
  },
  a27: {
    title: 'gRFC A27: xDS-Based Global Load Balancing',
    url: 'https://github.com/grpc/proposal/blob/master/A27-xds-global-load-balancing.md',
  },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly url: string }>>;

export type ParagraphId = keyof typeof paragraphs;
