package evenkeel.interop;

import com.google.gson.Gson;
import java.util.Map;

/** One JSON object a line on standard output. */
final class Output {
  private final Gson gson = new Gson();

  synchronized void emit(Map<String, ?> event) {
    System.out.println(gson.toJson(event));
    System.out.flush();
  }
}
