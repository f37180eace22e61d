package evenkeel.interop;

import io.grpc.Status;
import java.time.LocalTime;
import java.util.Map;
import java.util.TreeMap;

/** Answers of one command by target and backend, and its failures by status. */
final class Tally {
  private final Map<String, Map<String, Integer>> backends = new TreeMap<>();
  private final Map<String, Integer> failures = new TreeMap<>();

  synchronized void answered(String target, String backend) {
    backends.computeIfAbsent(target, unused -> new TreeMap<>()).merge(backend, 1, Integer::sum);
  }

  synchronized void failed(String target, Throwable thrown) {
    Status status = Status.fromThrowable(thrown);
    String failure = status.getCode() + ": " + status.getDescription();
    System.err.println(LocalTime.now() + " " + target + " " + failure + (status.getCause() == null ? "" : " " + status.getCause()));
    failures.merge(failure, 1, Integer::sum);
  }

  /** Encodes while the lock is held, since calls go on. */
  synchronized void emit(Output output, int id, String event) {
    output.emit(Map.of("id", id, "event", event, "backends", backends, "failures", failures));
  }
}
