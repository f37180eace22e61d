package evenkeel.interop;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;
import java.nio.file.Files;
import java.nio.file.Path;

/** echo.EchoServer/SayHello from a descriptor set: nothing generated is committed and no code generator is installed. */
final class Echo {
  private final Descriptor request;
  private final Descriptor reply;
  final MethodDescriptor<DynamicMessage, DynamicMessage> sayHello;

  Echo(Path descriptors) throws Exception {
    FileDescriptorSet set = FileDescriptorSet.parseFrom(Files.readAllBytes(descriptors));
    FileDescriptor file = FileDescriptor.buildFrom(set.getFile(0), new FileDescriptor[0]);
    request = file.findMessageTypeByName("EchoRequest");
    reply = file.findMessageTypeByName("EchoReply");
    sayHello = MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(MethodDescriptor.generateFullMethodName("echo.EchoServer", "SayHello"))
        .setRequestMarshaller(ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(request)))
        .setResponseMarshaller(ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(reply)))
        .build();
  }

  DynamicMessage request(String name) {
    return DynamicMessage.newBuilder(request).setField(request.findFieldByName("name"), name).build();
  }

  String hostname(DynamicMessage answer) {
    return (String) answer.getField(reply.findFieldByName("hostname"));
  }
}
