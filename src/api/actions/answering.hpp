// The two ways in which actions answer: a command to the engine, or a query on a reader. Used by the files
// beside it. Thread: the core that got the request.
#pragma once

#include <utility>
#include <variant>

#include "api/action_table.hpp"
#include "base/check.hpp"

namespace rollcall::api {

inline void refuse_call(const Answer& answer, Error error) { answer({Node(), std::move(error)}); }

// By now the call is read whole: in strict mode it may hold nothing unknown (DESIGN 5.2).
inline bool passes_strictness(const ActionContext& context, const Call& call, const Answer& answer) {
  if (!context.config.strict || call.warnings.empty()) return true;
  refuse_call(answer, Error(ErrorCode::InvalidFormattedParameter, call.warnings.header_text()));
  return false;
}

// Sends `request`; `done` gets the outcome, errors are answered here.
template <class Done>
void send_request(const ActionContext& context, const Call& call, ApiRequest request, const Answer& answer,
                  Done done) {
  if (!passes_strictness(context, call, answer)) return;
  auto settle = [answer, done = std::move(done)](Result<engine::Outcome>&& outcome) {
    if (!outcome) return refuse_call(answer, std::move(outcome.error()));
    done(*outcome);
  };
  if (!context.engine.submit(call.actor, std::move(request), std::move(settle)))
    refuse_call(answer, Error(ErrorCode::ServiceUnavailable));
}

// The same for commands with one kind of outcome, O; `render` makes the fields of the answer from it.
template <class O, class Render>
void send_command(const ActionContext& context, const Call& call, ApiRequest request, const Answer& answer,
                  Render render) {
  send_request(context, call, std::move(request), answer,
               [answer, render = std::move(render)](const engine::Outcome& outcome) {
                 const O* made = std::get_if<O>(&outcome);
                 ROLLCALL_CHECK(made != nullptr);
                 answer({render(*made), std::nullopt});
               });
}

// For actions whose answer is the envelope alone.
inline void send_plain_command(const ActionContext& context, const Call& call, ApiRequest request,
                               const Answer& answer) {
  send_command<engine::Done>(context, call, std::move(request), answer,
                             [](const engine::Done&) { return Node(); });
}

inline void run_query(const ActionContext& context, const Call& call, const Answer& answer,
                      QueryPort::Query query) {
  if (!passes_strictness(context, call, answer)) return;
  auto done = [answer](Result<Node>&& result) {
    if (!result) return refuse_call(answer, std::move(result.error()));
    answer({std::move(*result), std::nullopt});
  };
  if (!context.queries.run(std::move(query), std::move(done)))
    refuse_call(answer, Error(ErrorCode::ServiceUnavailable));
}

}  // namespace rollcall::api
