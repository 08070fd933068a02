#include "bench/mass_server.hpp"
#include "bench/mass_subjects.hpp"

namespace rollcall::bench {
namespace {

class Restart final : public Subject {
 public:
  explicit Restart(const Options& options) : mass_(options) { mass_.make_job(); }
  Values round() override {
    mass_.server.process.kill_hard();
    const SteadyUs begin = clock_.steady();
    mass_.server.start_again();
    return {{"ready_ms", static_cast<double>(clock_.steady() - begin) / 1e3}};
  }

 private:
  MassServer mass_;
  SystemClock clock_;
};

}  // namespace

std::unique_ptr<Subject> start_restart(const Options& options) { return std::make_unique<Restart>(options); }

}  // namespace rollcall::bench
