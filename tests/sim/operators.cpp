#include "sim/operators.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rollcall::sim {
namespace {

constexpr int64_t kGivenUpUs = 150'000'000;  // an application does not wait for ever
// Small fleets come one by one, so that their order depends on nothing but the seed.
constexpr size_t kFleetOneByOneMax = 100;
constexpr size_t kRegisteredAtOnce = 200;
constexpr int kRefusalsMax = 20;

}  // namespace

std::string_view ApiAnswer::raw(std::initializer_list<std::string_view> path) const {
  std::string_view text = body;
  for (const std::string_view key : path) {
    const auto found = json_member(text, key);
    if (!found) return {};
    text = *found;
  }
  return text;
}

std::string ApiAnswer::text(std::initializer_list<std::string_view> path) const {
  const std::string_view found = raw(path);
  return json_unquote(found).value_or(std::string(found));
}

Operators::Operators(Parts& parts, ServerProcess& server) : parts_(parts), server_(server) {}

// Signed like the vendor's SDKs do it (wire-protocol 1.3); there and back over a network that loses answers.
void Operators::call(const std::string& action, NameValues parameters, Done done) {
  ++calls_;
  parameters.insert(parameters.end(), {{"Action", action},
                                       {"Version", "2018-01-20"},
                                       {"Format", "JSON"},
                                       {"AccessKeyId", kAccessKeyId},
                                       {"SignatureMethod", "HMAC-SHA1"},
                                       {"SignatureVersion", "1.0"},
                                       {"SignatureNonce", "nonce-" + std::to_string(next_nonce_++)},
                                       {"Timestamp", utc_text(parts_.clock.wall()).substr(0, 19) + "Z"}});
  parameters.emplace_back("Signature", sign_v1(string_to_sign_v1("GET", parameters), kAccessKeySecret));
  HttpRequest request;
  request.method = "GET";
  request.target = "/?" + print_form(parameters);
  request.headers = {{"host", "127.0.0.1:8080"}};
  request.peer = "10.0.0.2:2000";

  auto settled = std::make_shared<bool>(false);
  const bool may_fail = std::any_of(parameters.begin(), parameters.end(),
                                    [](const auto& pair) { return pair.second.starts_with("poison_"); });
  auto asked_of = std::make_shared<uint64_t>(0);  // the life of the process that got the request
  auto settle = [this, settled, done = std::move(done), action, may_fail](ApiAnswer answer) {
    if (*settled) return;
    *settled = true;
    parts_.trace.note(action, answer.arrived, answer.success);
    if (!answer.code.empty()) parts_.trace.say(action + " refused: " + answer.code);
    const Plan& plan = parts_.plan;
    if (answer.code == "iot.system.SystemException" && has_sound_disk(plan) && plan.meddling == 0 &&
        !may_fail)
      parts_.truth.violated(action + " failed on a sound disk: " + answer.body);
    if (answer.success) ++successes_;
    done(answer);
  };
  parts_.loop.after(kGivenUpUs, [this, settle, settled, asked_of, action] {
    const bool lived_on = server_.is_up() && *asked_of == server_.life();
    if (!*settled && lived_on && parts_.plan.lost_answers == 0 && parts_.plan.slow_disk == 0)
      parts_.truth.violated(action + " was never answered");
    settle({});
  });
  const auto latency = [this] { return parts_.dice.skewed(50, parts_.plan.latency_us_max); };
  parts_.loop.after(latency(), [this, request = std::move(request), settle, latency, asked_of]() mutable {
    if (server_.is_up()) *asked_of = server_.life();
    server_.http(std::move(request), [this, settle, latency](HttpResponse&& response) {
      if (running_ && parts_.dice.chance(parts_.plan.lost_answers)) return;
      ApiAnswer answer;
      answer.arrived = true;
      answer.body = std::move(response.body);
      answer.success = response.status == 200 && answer.text({"Success"}) == "true";
      if (!answer.success) answer.code = answer.text({"Code"});
      parts_.loop.after(latency(),
                        [settle, answer = std::move(answer)]() mutable { settle(std::move(answer)); });
    });
  });
}

bool Operators::set_up(const std::function<void()>& run_a_little) {
  bool failed = false;
  int open = 0;
  const auto must = [&](const std::string& action, NameValues parameters, Done done) {
    ++open;
    call(action, std::move(parameters), [&, done](const ApiAnswer& answer) {
      --open;
      if (!answer.success) {
        failed = true;
        parts_.truth.violated("setting up the world failed: " + answer.body);
      } else {
        done(answer);
      }
    });
    while (open > 0 && !failed) run_a_little();
  };
  for (int i = 0; i < parts_.plan.products; ++i)
    must("CreateProduct", {{"ProductName", "product_" + std::to_string(i)}, {"NodeType", "0"}},
         [&](const ApiAnswer& answer) {
           products_.push_back({answer.text({"Data", "ProductKey"}), 0});
         });
  for (int i = 0; i < parts_.plan.groups; ++i)
    must("CreateDeviceGroup", {{"GroupName", "group_" + std::to_string(i)}}, [&](const ApiAnswer& answer) {
      groups_.push_back({answer.text({"Data", "GroupId"}), {}});
    });
  const auto wanted = static_cast<size_t>(parts_.plan.devices);
  const size_t at_once = wanted > kFleetOneByOneMax ? kRegisteredAtOnce : 1;
  for (int refusals = 0; members_.size() < wanted && !failed;) {
    const size_t before = members_.size();
    for (size_t i = before; i < wanted && i < before + at_once; ++i) register_device();
    while (registering_ > 0) run_a_little();
    for (size_t i = before; i < members_.size(); ++i)
      if (!groups_.empty() && parts_.dice.chance(0.7)) join_group();
    if (members_.size() > before || ++refusals < kRefusalsMax) continue;
    failed = true;
    parts_.truth.violated("setting up the world failed: no device can be registered");
  }
  return !failed;
}

void Operators::begin() {
  running_ = true;
  const Plan& plan = parts_.plan;
  again(plan.jobs_per_minute, &Operators::create_job);
  again(plan.meddling_calls_per_minute, &Operators::interfere);
  again(plan.reads_per_minute, &Operators::read);
  again(plan.poison_per_minute, &Operators::poison);
  again(1, &Operators::join_group);
  again(0.5, &Operators::register_device);
}

void Operators::stop() { running_ = false; }

// Calls `what` that often, at moments that nobody can tell.
void Operators::again(double per_minute, void (Operators::*what)()) {
  if (per_minute <= 0) return;
  const auto us = parts_.dice.between(0, static_cast<int64_t>(120e6 / per_minute));
  parts_.loop.after(us, [this, per_minute, what] {
    if (!running_) return;
    (this->*what)();
    again(per_minute, what);
  });
}

SimMember* Operators::find(DeviceId device) {
  for (SimMember& member : members_)
    if (member.identity.id == device) return &member;
  return nullptr;
}

// --- the fleet

void Operators::register_device() {
  const size_t product = parts_.dice.index(products_.size());
  const std::string name = "device_" + std::to_string(next_name_++);
  ++products_[product].strangers;
  ++registering_;
  call("RegisterDevice", {{"ProductKey", products_[product].key}, {"DeviceName", name}},
       [this, product, name](const ApiAnswer& answer) {
         --registering_;
         if (answer.arrived) --products_[product].strangers;
         if (!answer.success) return;
         Identity identity;
         identity.iot_id = answer.text({"Data", "IotId"});
         identity.id = parts_.truth.device_of(identity.iot_id);
         identity.product_key = products_[product].key;
         identity.name = name;
         identity.secret = answer.text({"Data", "DeviceSecret"});
         parts_.truth.device_exists(identity.id, identity.product_key, name);
         members_.push_back({identity, product, false, false});
         if (on_device) on_device(identity);
       });
}

void Operators::join_group() {
  if (groups_.empty() || members_.empty()) return;
  const size_t group = parts_.dice.index(groups_.size());
  const SimMember& member = parts_.dice.pick(members_);
  const DeviceId device = member.identity.id;
  groups_[group].members.try_emplace(device, false);
  call("BatchAddDeviceGroupRelations",
       {{"GroupId", groups_[group].code},
        {"Device.1.ProductKey", member.identity.product_key},
        {"Device.1.DeviceName", member.identity.name}},
       [this, group, device](const ApiAnswer& answer) {
         if (answer.success) groups_[group].members[device] = true;
       });
}

void Operators::disable_device(bool disable) {
  if (members_.empty()) return;
  SimMember& member = parts_.dice.pick(members_);
  if (!disable) return enable_device(member);
  member.disable_asked = true;
  ++member.disables;
  ++member.disables_under_way;
  const DeviceId device = member.identity.id;
  parts_.truth.device_disabling_asked(device);
  call("DisableThing", {{"IotId", member.identity.iot_id}}, [this, device](const ApiAnswer&) {
    if (SimMember* found = find(device)) --found->disables_under_way;
  });
}

// It is enabled for sure when nobody asked for the contrary meanwhile: calls overtake each other.
void Operators::enable_device(SimMember& member) {
  if (member.disables_under_way > 0) return;
  const DeviceId device = member.identity.id;
  const int disables = member.disables;
  call("EnableThing", {{"IotId", member.identity.iot_id}}, [this, device, disables](const ApiAnswer& answer) {
    SimMember* found = find(device);
    if (found && answer.success && found->disables == disables) found->disable_asked = false;
  });
}

void Operators::delete_device() {
  if (members_.size() < 3) return;
  SimMember& member = parts_.dice.pick(members_);
  if (member.deletion_asked) return;
  member.deletion_asked = true;
  parts_.truth.device_deletion_asked(member.identity.id);
  call("DeleteDevice", {{"IotId", member.identity.iot_id}}, [](const ApiAnswer&) {});
}

void Operators::poison() {
  call("CreateDeviceGroup", {{"GroupName", "poison_" + std::to_string(next_name_++)}},
       [this](const ApiAnswer& answer) {
         if (answer.success) parts_.truth.violated("a change that the store refused was acknowledged");
       });
}

void Operators::make_peace() {
  for (const auto& [facts, code] : jobs_)
    if (facts->paused) pause_job(*facts, code, false);
  bool more = false;
  for (SimMember& member : members_) {
    if (!member.disable_asked || member.deletion_asked) continue;
    more = true;
    enable_device(member);
  }
  if (more) parts_.loop.after(10'000'000, [this] { make_peace(); });
}

}  // namespace rollcall::sim
