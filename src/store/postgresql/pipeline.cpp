#include "store/postgresql/pipeline.hpp"

#include <poll.h>

#include <cerrno>

namespace rollcall::store {

Pipeline::Pipeline(PGconn* connection) : connection_(connection) { PQsetnonblocking(connection_, 1); }

bool Pipeline::run(Steps& steps, PipelineFailure& failure) {
  failure = {};
  bool alive = PQenterPipelineMode(connection_) == 1 && send(steps);
  for (size_t i = 0; alive && i < pending_.size(); ++i) alive = read(pending_[i], failure);
  pending_.clear();
  if (!alive && failure.text.empty()) failure.text = std::string("lost: ") + PQerrorMessage(connection_);
  if (alive) PQexitPipelineMode(connection_);
  return failure.text.empty();
}

bool Pipeline::send(Steps& steps) {
  for (Step& step : steps) {
    const char* name = step.sql->name;
    if (prepared_.insert(step.sql).second) {
      if (PQsendPrepare(connection_, name, step.sql->text, 0, nullptr) != 1) return false;
      pending_.push_back({&step, true});
    }
    step.parameters.list(values_, lengths_);
    formats_.assign(values_.size(), 1);
    if (PQsendQueryPrepared(connection_, name, static_cast<int>(values_.size()), values_.data(),
                            lengths_.data(), formats_.data(), 1) != 1)
      return false;
    pending_.push_back({&step, false});
  }
  pending_.push_back({nullptr, false});
  return PQpipelineSync(connection_) == 1;
}

bool Pipeline::wait() {
  while (PQisBusy(connection_)) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return false;
    pollfd socket{PQsocket(connection_), POLLIN, 0};
    if (unsent > 0) socket.events |= POLLOUT;
    if (::poll(&socket, 1, -1) < 0 && errno != EINTR) return false;
    if (PQconsumeInput(connection_) != 1) return false;
  }
  return true;
}

bool Pipeline::read(const Pending& pending, PipelineFailure& failure) {
  for (;;) {
    if (!wait()) return false;
    PGresult* result = PQgetResult(connection_);
    // The end of one statement's answer; the end of the pipeline has none.
    if (result == nullptr) return pending.step != nullptr && PQstatus(connection_) == CONNECTION_OK;
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK && pending.step->on_row) {
      const int rows = PQntuples(result);
      for (int row = 0; row < rows; ++row) pending.step->on_row(ReplyRow(result, row));
    } else if (status == PGRES_FATAL_ERROR) {
      const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      if (failure.text.empty()) {
        failure.sql_state = state == nullptr ? "" : state;
        failure.text = pending.step == nullptr ? "commit" : pending.step->sql->name;
        failure.text.append(": ").append(PQresultErrorMessage(result));
      }
    }
    if (pending.preparing && status != PGRES_COMMAND_OK) prepared_.erase(pending.step->sql);
    PQclear(result);
    if (status == PGRES_PIPELINE_SYNC) return true;
  }
}

}  // namespace rollcall::store
