// Arbitrary bytes as messages of a device: every reader survives them, and what is echoed is JSON again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "alink/envelope.hpp"
#include "alink/messages.hpp"
#include "base/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rollcall;
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)alink::read_ntp_request(text);
  if (const auto reply = alink::read_device_reply(text); reply && !parse_json(reply->data)) std::abort();
  const auto request = alink::read_request(text);
  if (!request) return 0;
  std::string out;
  alink::append_job_update_reply(out, request->id_json, alink::job_update_task_code(*request), {});
  if (!parse_json(out)) std::abort();
  (void)alink::read_property_post(*request);
  (void)alink::read_job_get(*request);
  if (const auto update = alink::read_job_update(*request); update && !update->status_details.empty()) {
    if (!parse_json(update->status_details)) std::abort();
  }
  return 0;
}
