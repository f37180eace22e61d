//! echo.EchoServer, by hand: two messages of strings are not worth a code generator.

use std::time::Duration;

use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_xds::XdsChannelGrpc;

#[derive(Clone, PartialEq, prost::Message)]
struct EchoRequest {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct EchoReply {
    #[prost(string, tag = "2")]
    hostname: String,
}

#[derive(Clone)]
pub struct Echo(XdsChannelGrpc);

impl Echo {
    pub fn new(channel: XdsChannelGrpc) -> Self {
        Self(channel)
    }

    /// Makes one call and returns the pod that answered. The deadline is held here: the channel waits for endpoints without
    /// one, and calls a deadline that has passed CANCELLED.
    pub async fn say_hello(&self, run: &str, deadline: Duration) -> Result<String, Status> {
        let mut request = Request::new(EchoRequest { name: "rust".into() });
        let run = MetadataValue::try_from(run).map_err(|error| Status::invalid_argument(error.to_string()))?;
        request.metadata_mut().insert("evenkeel-run", run);
        let call = async {
            let mut grpc = Grpc::new(self.0.clone());
            grpc.ready().await.map_err(|error| Status::new(Code::Unavailable, error.to_string()))?;
            let path = PathAndQuery::from_static("/echo.EchoServer/SayHello");
            grpc.unary(request, path, ProstCodec::<EchoRequest, EchoReply>::default()).await
        };
        match tokio::time::timeout(deadline, call).await {
            Ok(answer) => answer.map(|reply| reply.into_inner().hostname),
            Err(_) => Err(Status::deadline_exceeded("no answer in time")),
        }
    }
}
