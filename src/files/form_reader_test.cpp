#include "files/form_reader.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace rollcall::files {
namespace {

using State = FormReader::State;

struct Collector final : FormHandler {
  bool on_field(std::string_view name, std::string_view value) override {
    text += std::string(name) + "=" + std::string(value) + ";";
    return name != "stop";
  }
  bool on_file_begin() override {
    text += "file:";
    return !refuse_file;
  }
  bool on_file(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  std::string text;
  bool refuse_file = false;
};

std::string field(const std::string& name, const std::string& value) {
  return "--XX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}
std::string file(const std::string& content) {
  return "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n"
         "Content-Type: application/octet-stream\r\n\r\n" +
         content + "\r\n";
}

// In pieces of any size the same.
std::pair<State, std::string> read(const std::string& form, size_t piece = SIZE_MAX) {
  FormReader reader("XX");
  Collector collector;
  for (size_t at = 0; at < form.size(); at += std::min(piece, form.size() - at))
    reader.feed(std::string_view(form).substr(at, piece), collector);
  return {reader.state(), collector.text};
}

TEST(FormReader, TakesFieldsAndTheFileHoweverTheyAreCut) {
  const std::string content = "\r\n--X\r\n--\r\n-\r--XXno\r\n--XY" + std::string(3, '\0') + "end\r\n";
  const std::string form = field("key", "job/a.bin") + field("policy", "") + file(content) + "--XX--\r\n";
  for (size_t piece : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{50}, SIZE_MAX}) {
    const auto [state, text] = read(form, piece);
    EXPECT_EQ(state, State::Done) << piece;
    EXPECT_EQ(text, "key=job/a.bin;policy=;file:" + content) << piece;
  }
}

TEST(FormReader, TakesAnEmptyFileAndAPreamble) {
  EXPECT_EQ(read("before\r\n" + file("") + "--XX--").first, State::Done);
  EXPECT_EQ(read(file("") + "--XX--").second, "file:");
}

TEST(FormReader, TakesParametersAsClientsWriteThem) {
  const std::string head = "--XX\r\nContent-Type: text/plain\r\ncontent-disposition:form-data;name=key ";
  EXPECT_EQ(read(head + "\r\n\r\nv\r\n" + file("x") + "--XX--\r\n").second, "key=v;file:x");
  const std::string quoted = "--XX\r\nContent-Disposition: form-data; name=\"a\\\"b;c\"\r\n\r\nv\r\n";
  EXPECT_EQ(read(quoted + file("") + "--XX--").second, "a\"b;c=v;file:");
}

TEST(FormReader, WantsTheFileLast) {
  EXPECT_EQ(read(file("x") + field("key", "v") + "--XX--").first, State::Order);
  EXPECT_EQ(read(file("x") + file("y") + "--XX--").first, State::Order);
  EXPECT_EQ(read(field("key", "v") + "--XX--").first, State::Broken) << "no file at all";
}

TEST(FormReader, IsNotDoneBeforeTheEndOfTheForm) {
  const std::string form = field("key", "v") + file("content") + "--XX--";
  for (size_t bytes = 0; bytes < form.size(); ++bytes)
    EXPECT_EQ(read(form.substr(0, bytes)).first, State::Reading) << bytes;
}

TEST(FormReader, RefusesWhatIsNoForm) {
  for (const std::string& form :
       {std::string("--XX\r\n\r\nv\r\n") + file("") + "--XX--",
        std::string("--XX\r\nno colon\r\n\r\nv\r\n--XX--"),
        std::string("--XX\r\nContent-Disposition: form-data\r\n\r\nv\r\n--XX--"), std::string("--XXoops"),
        std::string(FormReader::kFieldBytesMax + 3, 'x'),
        field("key", std::string(FormReader::kFieldBytesMax + 1, 'x')) + file("") + "--XX--"})
    EXPECT_EQ(read(form).first, State::Broken) << form.substr(0, 100);
  std::string many;
  for (size_t i = 0; i <= FormReader::kFieldsMax; ++i) many += field("k", "v");
  EXPECT_EQ(read(many + file("") + "--XX--").first, State::Broken);
}

TEST(FormReader, EndsWhenTheHandlerWants) {
  FormReader reader("XX");
  Collector collector;
  EXPECT_EQ(reader.feed(field("stop", "") + field("more", ""), collector), State::Stopped);
  EXPECT_EQ(collector.text, "stop=;");
  FormReader second("XX");
  collector.refuse_file = true;
  EXPECT_EQ(second.feed(file("x") + "--XX--", collector), State::Stopped);
  EXPECT_EQ(second.feed("more", collector), State::Stopped);
}

TEST(FormReader, FindsTheBoundary) {
  EXPECT_EQ(FormReader::boundary_of("multipart/form-data; boundary=9431149156168"), "9431149156168");
  EXPECT_EQ(FormReader::boundary_of("Multipart/Form-Data; charset=utf-8; boundary=\"a b\""), "a b");
  for (const char* type : {"multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=x",
                           "multipart/form-data; boundary=\"x", ""})
    EXPECT_EQ(FormReader::boundary_of(type), std::nullopt) << type;
  EXPECT_EQ(FormReader::boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')), std::nullopt);
}

}  // namespace
}  // namespace rollcall::files
