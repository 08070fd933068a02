// Arbitrary ListTask requests: what is taken obeys the ranges of cloud-api A.9; its token leads on for a
// minute in the same listing and nowhere else, and no token that was not given out is taken.
//
// Input: a choice, then lines "Name=value" of the first page; an empty line; those that the second page
// changes.
#include <cstdint>
#include <string>
#include <string_view>

#include "api/task_listing.hpp"
#include "base/fuzz_input.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::api;
using fuzz::demand;

constexpr WallMs kNow{1'700'000'000'000};

const IdCodec& codec() {
  static const IdCodec made(IdCodec::Key{7, 1, 2});
  return made;
}

// JobId=#12 is the code of job 12, so that inputs are texts that can be read.
NameValues read_lines(fuzz::Input& input) {
  NameValues pairs;
  while (!input.empty()) {
    const std::string_view line = input.line();
    if (line.empty()) break;
    const size_t end = std::min(line.find('='), line.size());
    std::string value(line.substr(std::min(end + 1, line.size())));
    if (value.starts_with('#')) {
      const auto number = parse_int(std::string_view(value).substr(1));
      if (number && *number > 0) value = codec().job_code(JobId{*number});
    }
    pairs.emplace_back(std::string(line.substr(0, end)), std::move(value));
  }
  return pairs;
}

Result<TaskListing> read(NameValues pairs, WallMs now, InstanceId instance) {
  Call call{{instance, "key", "127.0.0.1", "request"}, Parameters(std::move(pairs)), now, {}};
  auto listing = read_task_listing(call, codec());
  if (!listing) demand(utf8_length(public_message(listing.error())).has_value());
  return listing;
}

bool same_listing(const TaskListing& a, const TaskListing& b) {
  return a.instance == b.instance && a.job == b.job && a.status == b.status &&
         a.device.iot_id == b.device.iot_id && a.device.product_key == b.device.product_key &&
         a.device.device_name == b.device.device_name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  input.line();
  NameValues first = read_lines(input);
  const NameValues changes = read_lines(input);
  const auto listing = read(first, kNow, InstanceId{1});
  if (!listing) return 0;
  demand(listing->limit >= 1 && listing->limit <= 50 && listing->now == kNow);
  const bool by_device = !listing->device.iot_id.empty() || !listing->device.product_key.empty();
  demand(by_device != listing->job.has_value() && (!listing->job || listing->job->value > 0));
  demand(!listing->position);  // no input can guess a token

  std::erase_if(first, [](const auto& pair) { return pair.first == "NextToken"; });
  NameValues second = first;
  for (const auto& pair : changes) second.push_back(pair);
  const int64_t position = static_cast<int64_t>(choice) << (choice % 50);
  std::string token = next_token_of(*listing, position, codec());
  second.emplace_back("NextToken", token);
  const int64_t later_ms = (choice & 1) != 0 ? limits::kNextTokenMs : limits::kNextTokenMs + 1000;
  const InstanceId instance{(choice & 2) != 0 ? 1 : 2};
  // Both pages without the token: are they the same listing?
  NameValues plain = second;
  plain.pop_back();
  std::erase_if(plain, [](const auto& pair) { return pair.first == "NextToken"; });
  const auto meant = read(plain, kNow, instance);
  const auto page = read(second, kNow + later_ms, instance);
  const bool due = meant && same_listing(*meant, *listing) && (choice & 1) != 0;
  demand(page.has_value() == due);
  if (page) demand(page->position == position);
  // A damaged token is no token.
  token[choice % token.size()] = token[choice % token.size()] == 'A' ? 'B' : 'A';
  first.emplace_back("NextToken", token);
  demand(!read(first, kNow, InstanceId{1}));
  return 0;
}
