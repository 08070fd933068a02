// An upload form under arbitrary bytes: where they are cut changes nothing of what is read, and a file is
// never told of behind its end.
//
// Input: a byte for the sizes of the pieces, then the form with the boundary "B".
#include <cstdint>
#include <string>

#include "base/fuzz_input.hpp"
#include "files/form_reader.hpp"

namespace {

using namespace rollcall;
using files::FormReader;
using fuzz::demand;

struct Collector final : files::FormHandler {
  bool on_field(std::string_view name, std::string_view value) override {
    demand(!file);
    demand(value.size() <= FormReader::kFieldBytesMax);
    text.append(name).append("=").append(value).append("\n");
    return name != "stop";
  }
  bool on_file_begin() override {
    demand(!file);
    file = true;
    text += "file\n";
    return true;
  }
  bool on_file(std::string_view bytes) override {
    demand(file && !bytes.empty());
    text += bytes;
    return true;
  }
  std::string text;
  bool file = false;
};

struct Outcome {
  FormReader::State state{};
  std::string text;
};

Outcome read(std::string_view form, size_t piece) {
  FormReader reader("B");
  Collector collector;
  while (!form.empty()) {
    reader.feed(form.substr(0, piece), collector);
    form.remove_prefix(std::min(piece, form.size()));
  }
  if (reader.state() == FormReader::State::Done) demand(collector.file);
  return {reader.state(), std::move(collector.text)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const size_t piece = input.byte() % 32 + 1;
  std::string form;
  while (!input.empty()) form += static_cast<char>(input.byte());
  const Outcome whole = read(form, SIZE_MAX);
  const Outcome cut = read(form, piece);
  demand(whole.state == cut.state);
  demand(whole.text == cut.text);
  return 0;
}
