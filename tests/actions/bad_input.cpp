#include "actions/bad_input.hpp"

#include <algorithm>
#include <boost/json/value.hpp>

#include "actions/calls.hpp"
#include "base/json.hpp"
#include "base/request_signing.hpp"

namespace rollcall::testing {
namespace {

constexpr const char* kKeyId = "key";
constexpr const char* kSecret = "secret";

api::ApiConfig config_of(bool strict) {
  api::ApiConfig config;
  config.strict = strict;
  config.limits.qps_enabled = false;
  return config;
}

AccessDirectory directory() {
  AccessDirectory all;
  all.accounts = {{kFirstAccount, "default", kFirstInstance, {}}};
  all.instances = {{kFirstInstance, kFirstAccount, "", {}}};
  AccessKey key;
  key.id = kKeyId;
  key.secret = Secret(kSecret);
  key.administrator = true;
  all.keys = {key};
  return all;
}

}  // namespace

const ParameterRow* find_row(std::string_view action, std::string_view parameter) {
  const ParameterRow* general = nullptr;
  for (auto rows : {device_rows, fleet_rows, model_rows, job_rows, direct_rows}) {
    for (const ParameterRow& row : rows()) {
      if (row.parameter != parameter) continue;
      if (row.action == action) return &row;
      if (row.action == std::string_view("*")) general = &row;
    }
  }
  return general;
}

Caller::Caller(bool strict)
    : service_({owner.ports, owner.ports, owner.world.clock, random_}, owner.key, config_of(strict)) {
  service_.set_access(directory());
  owner.must("ChangeAccess",
             {{"Operation", "CreateKey"}, {"KeyId", "first-admin"}, {"Administrator", "true"}});
}

Reply Caller::call(const std::string& action, const Parameters& parameters) {
  const Parameters common{{"Action", action},
                          {"Version", "2018-01-20"},
                          {"AccessKeyId", kKeyId},
                          {"SignatureMethod", "HMAC-SHA1"},
                          {"SignatureVersion", "1.0"},
                          {"Format", "JSON"},
                          {"SignatureNonce", "nonce-" + std::to_string(++nonce_)},
                          {"Timestamp", utc_text(owner.world.clock.wall()).substr(0, 19) + "Z"}};
  Parameters sent = parameters;
  sent.insert(sent.end(), common.begin(), common.end());
  // What is signed holds each name once, with its last value.
  Parameters once;
  for (const auto& [name, value] : sent) {
    remove(once, name);
    once.emplace_back(name, value);
  }
  sent.emplace_back("Signature", sign_v1(string_to_sign_v1("POST", once), kSecret));
  HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.headers = {{"host", "iot.example"}, {"content-type", "application/x-www-form-urlencoded"}};
  request.body = print_form(sent);
  std::optional<HttpResponse> response;
  service_.handle(std::move(request), [&](HttpResponse&& given) { response = std::move(given); });
  owner.world.settle();

  Reply reply{response.value().status, {}, false, response->body};
  for (const auto& [name, value] : response->headers) reply.warned |= name == "x-rollcall-warning";
  const auto body = parse_json(reply.body);
  EXPECT_TRUE(body) << reply.body.substr(0, 1000);
  if (body) reply.code = std::string(body->as_object().at("Code").as_string());
  return reply;
}

std::string Caller::picture() { return owner.picture() + owner.must("ListAccess", {}); }

Parameters Caller::good_call(const std::string& action) const {
  if (action == "ChangeAccess") return {{"Operation", "CreateAccount"}, {"Account", "another"}};
  if (action == "ImportAccess") return {{"Entries", R"({"aliases":[{"Code":"a","Instance":"none"}]})"}};
  const auto found = action_calls().lower_bound(action);
  return found->second.parameters(owner);
}

std::string Caller::fill(std::string value) const {
  const std::pair<const char*, const std::string*> names[] = {
      {"@product", &owner.product},
      {"@iot_id", &owner.iot_id},
      {"@group", &owner.group},
      {"@job", &owner.job},
      {"@task", &owner.task},
      {"@topic", &owner.topic},
      {"@ended_task", &owner.ended_task},
  };
  for (const auto& [name, text] : names)
    for (size_t at; (at = value.find(name)) != std::string::npos;)
      value.replace(at, std::string_view(name).size(), *text);
  if (value.starts_with("@now+"))
    return std::to_string(owner.world.clock.wall().value + std::stoll(value.substr(5)));
  return value;
}

void put(Parameters& parameters, const std::string& name, std::string value) {
  for (auto& [key, old] : parameters)
    if (key == name) return void(old = std::move(value));
  parameters.emplace_back(name, std::move(value));
}

void remove(Parameters& parameters, const std::string& name) {
  std::erase_if(parameters, [&](const auto& pair) { return pair.first == name; });
}

}  // namespace rollcall::testing
