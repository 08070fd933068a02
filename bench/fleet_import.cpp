// `rollcall import` of a CSV with many devices: the first time, and the same file again.
#include <fmt/format.h>

#include <fstream>

#include "bench/mass_subjects.hpp"
#include "client/api_client.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::bench {
namespace {

constexpr int64_t kPatienceMs = 600'000;
constexpr int64_t kLookMs = 2;

class FleetImport final : public Subject {
 public:
  explicit FleetImport(const Options& options)
      : binary_(options.binary),
        devices_(options.targets),
        server_(options.binary, loop_),
        api_(server_.client()) {}

  // A product of its own in each round, so that every device is new.
  Values round() override {
    const std::string file = write_file();
    Values values;
    import(file, "new", values);
    import(file, "same", values);
    values.emplace_back("server_rss_bytes", static_cast<double>(server_.process.rss_bytes()));
    return values;
  }

 private:
  std::string write_file() {
    const auto product = api_->require(
        "CreateProduct", {{"ProductName", fmt::format("import_{}", ++round_)}, {"NodeType", "0"}});
    if (!product) give_up(public_message(product.error()));
    const std::string key = product->text("ProductKey");
    const std::string path = fmt::format("{}/fleet-{}.csv", folder_.path(), round_);
    std::ofstream out(path);
    out << "ProductKey,DeviceName,DeviceSecret\n";
    for (size_t i = 0; i < devices_; ++i) out << fmt::format("{},import-{:07},{:032x}\n", key, i, i + 1);
    if (!out.flush()) give_up("cannot write " + path);
    return path;
  }

  void import(const std::string& file, const std::string& what, Values& values) {
    const client::ApiSettings& settings = server_.settings;
    testing::Process process;
    const SteadyUs begin = clock_.steady();
    process.start({binary_, "import", file, "--endpoint", settings.endpoint.text()}, folder_.path() + "/log",
                  {{"ROLLCALL_ACCESS_KEY_ID", settings.access_key_id},
                   {"ROLLCALL_ACCESS_KEY_SECRET", std::string(settings.access_key_secret.reveal())}});
    int64_t rss_bytes = 0;
    std::optional<int> status;
    while (!(status = process.exit_within(kLookMs))) {
      rss_bytes = std::max(rss_bytes, process.rss_bytes());
      if (clock_.steady() - begin > kPatienceMs * 1'000) give_up("an import did not end");
    }
    if (*status != 0) give_up("an import failed: " + testing::read_file(folder_.path() + "/log"));
    const double seconds = static_cast<double>(clock_.steady() - begin) / 1e6;
    values.emplace_back(what + "_devices_per_s", static_cast<double>(devices_) / seconds);
    values.emplace_back(what + "_client_rss_bytes", static_cast<double>(rss_bytes));
  }

  const std::string binary_;
  const size_t devices_;
  net::CoreLoop loop_;
  SystemClock clock_;
  testing::ScratchFolder folder_;
  testing::RollcallServer server_;
  std::unique_ptr<client::ApiClient> api_;
  int round_ = 0;
};

}  // namespace

std::unique_ptr<Subject> start_fleet_import(const Options& options) {
  return std::make_unique<FleetImport>(options);
}

}  // namespace rollcall::bench
