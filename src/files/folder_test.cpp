#include "files/folder.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace rollcall::files {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

// Of "abc" (FIPS 180-2, RFC 1321).
constexpr const char* kSha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kMd5 = "900150983cd24fb0d6963f7d28e17f72";

class FileFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "rollcall-files-XXXXXX").string();
    base = ::mkdtemp(name.data());
    open();
  }
  void TearDown() override { fs::remove_all(base); }
  void open() { folder.emplace(*FileFolder::open(base + "/files")); }
  std::unique_ptr<Incoming> incoming(std::string_view content) {
    auto file = std::move(*folder->begin(random));
    EXPECT_TRUE(file->write(content));
    return file;
  }
  std::string stored(std::string_view sha256) {
    auto opened = folder->read(sha256);
    if (!opened || !*opened) return "none";
    std::string text(static_cast<size_t>((*opened)->bytes), '\0');
    EXPECT_EQ(::pread((*opened)->file.get(), text.data(), text.size(), 0), (*opened)->bytes);
    return text;
  }
  size_t unfinished() const {
    size_t n = 0;
    for (const auto& entry : fs::directory_iterator(base + "/files/unfinished")) n += entry.exists() ? 1 : 0;
    return n;
  }
  std::string base;
  SystemRandom random;
  std::optional<FileFolder> folder;
};

TEST_F(FileFolderTest, KeepsAFileUnderItsDigest) {
  auto file = std::move(*folder->begin(random));
  for (const char* piece : {"a", "", "bc"}) ASSERT_TRUE(file->write(piece));
  EXPECT_EQ(file->bytes(), 3);
  EXPECT_EQ(unfinished(), 1u);
  const auto digests = folder->place(std::move(file));
  ASSERT_TRUE(digests);
  EXPECT_EQ(digests->sha256, kSha256);
  EXPECT_EQ(digests->md5, kMd5);
  EXPECT_EQ(digests->bytes, 3);
  EXPECT_EQ(unfinished(), 0u);
  open();
  EXPECT_EQ(stored(kSha256), "abc");
  EXPECT_THAT(*folder->all(), ElementsAre(kSha256));
  struct stat info {};
  ASSERT_EQ(::stat((base + "/files/ba/" + kSha256).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(FileFolderTest, KeepsTheSameContentOnce) {
  const auto first = folder->place(incoming("abc"));
  const auto second = folder->place(incoming("abc"));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->sha256, first->sha256);
  EXPECT_EQ(folder->all()->size(), 1u);
  EXPECT_EQ(unfinished(), 0u);
}

TEST_F(FileFolderTest, ReplacesAFileOfAnotherLength) {
  ASSERT_TRUE(folder->place(incoming("abc")));
  std::ofstream(base + "/files/ba/" + kSha256) << "torn, as by a disk that lied";
  ASSERT_TRUE(folder->place(incoming("abc")));
  EXPECT_EQ(stored(kSha256), "abc");
}

TEST_F(FileFolderTest, LeavesNothingOfWhatWasNotPlaced) {
  { const auto dropped = incoming("abc"); }
  EXPECT_EQ(unfinished(), 0u);
  EXPECT_EQ(stored(kSha256), "none");
  auto of_a_process_that_died = incoming("abc");
  open();
  EXPECT_EQ(unfinished(), 0u);
  EXPECT_FALSE(folder->place(std::move(of_a_process_that_died))) << "nor comes back";
}

TEST_F(FileFolderTest, ForgetsAFile) {
  ASSERT_TRUE(folder->place(incoming("abc")));
  ASSERT_TRUE(folder->remove(kSha256));
  ASSERT_TRUE(folder->remove(kSha256));
  EXPECT_EQ(stored(kSha256), "none");
  EXPECT_THAT(*folder->all(), IsEmpty());
}

TEST_F(FileFolderTest, HasNoOtherNames) {
  for (const char* name : {"", "../../etc/passwd", "unfinished", "ba"}) {
    EXPECT_EQ(stored(name), "none") << name;
    EXPECT_TRUE(folder->remove(name)) << name;
  }
  EXPECT_TRUE(fs::exists(base + "/files/unfinished"));
}

TEST_F(FileFolderTest, SaysThatTheDiskIsFull) {
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 10;
  auto file = std::move(*folder->begin(random));
  setrlimit(RLIMIT_FSIZE, &small);
  const Status status = file->write("more than ten bytes");
  setrlimit(RLIMIT_FSIZE, &old);
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().detail.starts_with("full:")) << status.error().detail;
}

TEST_F(FileFolderTest, CannotBeAFile) {
  std::ofstream(base + "/taken") << "x";
  const auto opened = FileFolder::open(base + "/taken");
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().detail.starts_with("io:"));
}

}  // namespace
}  // namespace rollcall::files
