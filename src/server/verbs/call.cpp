// `rollcall call`: any action of the API, signed; prints the body as it came (DESIGN 6).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "client/api_client.hpp"
#include "client/call_arguments.hpp"
#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

constexpr const char* kHelp =
    "rollcall call ACTION [--Name value ...] [OPTIONS]\n"
    "Signs and sends any action of the API and prints the answer.\n"
    "Exit status: 0 when Success is true, 1 when not or when there is no answer, 2 for wrong usage.\n\n"
    "  --Name value               A parameter, spelled as in the API; lists are --Name.1 a --Name.2 b\n"
    "  --endpoint HOST:PORT       The server; default 127.0.0.1:8080 (ROLLCALL_ENDPOINT)\n"
    "  --access-key-id ID         (ROLLCALL_ACCESS_KEY_ID)\n"
    "  --access-key-secret TEXT   (ROLLCALL_ACCESS_KEY_SECRET)\n"
    "  --format json|xml          Format of the answer; default json\n"
    "  --signature v3|v1          Signature family; default v3\n\n"
    "Example: rollcall call QueryJob --JobId 3sPJ...\n";

int usage_error(const std::string& text) {
  complain(text + "\nTry: rollcall call --help");
  return kExitUsage;
}

int run_call(const std::vector<std::string>& words) {
  const auto arguments = client::read_call_arguments(words);
  if (!arguments) return usage_error(public_message(arguments.error()));
  if (arguments->help) {
    std::fputs(kHelp, stdout);
    return kExitOk;
  }
  ClientOptions options{arguments->endpoint, arguments->access_key_id, arguments->access_key_secret};
  fill_from_environment(options);
  auto settings = read_client_options(options);
  if (!settings) return usage_error(public_message(settings.error()));
  if (ascii_iequal(arguments->format, "xml")) settings->format = client::AnswerFormat::Xml;
  if (ascii_iequal(arguments->signature, "v1")) settings->signature = client::SignatureVersion::V1;
  const SystemClock clock;
  SystemRandom random;
  client::ApiClient api(std::move(*settings), clock, random);
  const auto answer = api.call(arguments->action, arguments->parameters);
  if (!answer) {
    complain(public_message(answer.error()));
    return kExitFailed;
  }
  std::fwrite(answer->body.data(), 1, answer->body.size(), stdout);
  if (!answer->body.ends_with('\n')) std::fputc('\n', stdout);
  return answer->success ? kExitOk : kExitFailed;
}

}  // namespace

void add_call(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("call", "Sign and send any action of the API");
  verb->set_help_flag();  // read with the other words
  verb->prefix_command();
  verb->callback([verb, &exit_code] { exit_code = run_call(verb->remaining()); });
}

}  // namespace rollcall::server
