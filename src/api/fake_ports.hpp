// Ports for the tests of api/: they record what was asked and answer what the test says. Thread: the test's.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/action_table.hpp"
#include "api/ports.hpp"

namespace rollcall::api {

class FakeEngine final : public EnginePort {
 public:
  bool submit(engine::Actor actor, ApiRequest request, Done done) override {
    if (full) return false;
    actors.push_back(std::move(actor));
    requests.push_back(std::move(request));
    if (outcome) {
      done(Result<engine::Outcome>(*outcome));
    } else {
      done(fail(error));
    }
    return true;
  }

  bool full = false;
  std::optional<engine::Outcome> outcome;  // else `error`
  Error error{ErrorCode::SystemException};
  std::vector<engine::Actor> actors;
  std::vector<ApiRequest> requests;
};

class FakeQueries final : public QueryPort {
 public:
  bool run(Query, Done done) override {
    if (full) return false;
    ++runs;
    done(std::move(answer));
    return true;
  }

  bool full = false;
  int runs = 0;
  Result<Node> answer;
};

// The surroundings of a call.
struct FakeSurroundings {
  FakeEngine engine;
  FakeQueries queries;
  IdCodec::Key key{1, 2, 3};
  IdCodec codec{key};
  ApiConfig config;
  ActionContext context{engine, queries, codec, key, config};

  // Runs an action as the service does, from the check of its parameters on.
  ActionAnswer run(std::string_view action, std::vector<std::pair<std::string, std::string>> parameters) {
    const ActionRow* row = find_action(action);
    Call call{{InstanceId{7}, "key", "127.0.0.1", "request"},
              Parameters(std::move(parameters)),
              WallMs{1'700'000'000'000},
              {}};
    if (auto status = check_parameters(*row, call); !status) return {Node(), status.error()};
    std::optional<ActionAnswer> answer;
    row->handle(context, call, [&answer](ActionAnswer&& given) { answer = std::move(given); });
    warnings = call.warnings;
    return answer.value();
  }

  // The only command that was submitted.
  template <class T>
  const T& only() const {
    return std::get<T>(engine.requests.at(0));
  }

  Warnings warnings;
};

}  // namespace rollcall::api
