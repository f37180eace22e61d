package evenkeel.interop;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.xds.XdsCredentialsProvider;
import java.io.File;
import java.io.IOException;
import java.util.Map;

/**
 * {@code channel_creds} of type {@code tls} with files (gRFC A65). grpc-java's own provider of that name takes no files: it
 * trusts the JVM's authorities and shows no certificate. A provider in {@code META-INF/services} with a higher priority
 * takes its place.
 */
public final class FileTlsCredentials extends XdsCredentialsProvider {
  @Override
  protected ChannelCredentials newChannelCredentials(Map<String, ?> config) {
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    try {
      if (config.get("ca_certificate_file") instanceof String file) {
        builder.trustManager(new File(file));
      }
      if (config.get("certificate_file") instanceof String file) {
        builder.keyManager(new File(file), new File((String) config.get("private_key_file")));
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("the files of channel_creds cannot be read", e);
    }
    return builder.build();
  }

  @Override
  protected String getName() {
    return "tls";
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  /** The built-in provider has 5. */
  @Override
  public int priority() {
    return 6;
  }
}
