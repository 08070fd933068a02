#include "model/id_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <set>
#include <string>

namespace rollcall {
namespace {

constexpr IdCodec::Key kKey = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr int64_t kIdMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kSequenceMax = std::numeric_limits<uint32_t>::max();

TEST(IdCodec, GivesBackEveryId) {
  const IdCodec codec(kKey);
  EXPECT_TRUE(rc::check([&] {
    const int64_t id = *rc::gen::inRange<int64_t>(1, kIdMax);
    const int64_t sequence = *rc::gen::inRange<int64_t>(0, kSequenceMax + 1);
    RC_ASSERT(codec.job_id(codec.job_code(JobId{id})) == JobId{id});
    RC_ASSERT(codec.device_id(codec.iot_id(DeviceId{id})) == DeviceId{id});
    RC_ASSERT(codec.group_id(codec.group_code(GroupId{id})) == GroupId{id});
    const TaskKey key{JobId{id}, sequence};
    RC_ASSERT(codec.task_key(codec.task_code(key)) == key);
  }));
  EXPECT_EQ(codec.job_id(codec.job_code(JobId{kIdMax})), JobId{kIdMax});
  const TaskKey last{JobId{kIdMax}, kSequenceMax};
  EXPECT_EQ(codec.task_key(codec.task_code(last)), last);
}

TEST(IdCodec, WritesTwentyEightLettersAndDigitsWithVersionAndKindAtTheEnd) {
  const IdCodec codec(kKey);
  const std::pair<std::string, std::string> rows[] = {{codec.job_code(JobId{1}), "010001"},
                                                      {codec.task_code({JobId{1}, 0}), "010101"},
                                                      {codec.iot_id(DeviceId{1}), "000101"},
                                                      {codec.group_code(GroupId{1}), "010201"}};
  for (const auto& [code, suffix] : rows) {
    EXPECT_EQ(code.size(), 28u) << code;
    EXPECT_TRUE(code.ends_with(suffix)) << code;
    EXPECT_EQ(code.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
              std::string::npos);
  }
}

// Codes are in the hands of clients and devices: the same id must give the same code in every release.
TEST(IdCodec, KeepsItsCodes) {
  const IdCodec codec(kKey);
  EXPECT_EQ(codec.job_code(JobId{1}), "1LZWmnriw1PiZJhcnRijU5010001");
  EXPECT_EQ(codec.task_code({JobId{1}, 0}), "2HbEhv04LKf3fgqzZc5n8J010101");
  EXPECT_EQ(codec.iot_id(DeviceId{1}), "0KX1kCuV4f8pBul7nK4cNX000101");
  EXPECT_EQ(codec.group_code(GroupId{1}), "5UsZ2sBf3baNTh8n0W8qUC010201");
}

TEST(IdCodec, DoesNotShowOrder) {
  const IdCodec codec(kKey);
  std::set<std::string> heads;
  for (int64_t id = 1; id <= 1000; ++id) heads.insert(codec.iot_id(DeviceId{id}).substr(0, 8));
  EXPECT_EQ(heads.size(), 1000u);
}

TEST(IdCodec, RefusesCodesOfOtherKinds) {
  const IdCodec codec(kKey);
  const std::string codes[] = {codec.job_code(JobId{7}), codec.task_code({JobId{7}, 0}),
                               codec.iot_id(DeviceId{7}), codec.group_code(GroupId{7}),
                               codec.next_token({7, 0, WallMs{7000}})};
  for (size_t i = 0; i < std::size(codes); ++i) {
    EXPECT_EQ(codec.job_id(codes[i]).has_value(), i == 0);
    EXPECT_EQ(codec.task_key(codes[i]).has_value(), i == 1);
    EXPECT_EQ(codec.device_id(codes[i]).has_value(), i == 2);
    EXPECT_EQ(codec.group_id(codes[i]).has_value(), i == 3);
    EXPECT_EQ(codec.parse_next_token(codes[i]).has_value(), i == 4);
  }
  // The kind is inside the block as well: another suffix does not make a job of a task.
  EXPECT_EQ(codec.job_id(codes[1].substr(0, 22) + "010001"), std::nullopt);
  EXPECT_EQ(codec.device_id(codes[0].substr(0, 22) + "000101"), std::nullopt);
}

TEST(IdCodec, RefusesDamagedCodes) {
  const IdCodec codec(kKey);
  const std::string good = codec.task_code({JobId{42}, 99});
  EXPECT_TRUE(rc::check([&] {
    std::string code = good;
    const auto at = *rc::gen::inRange<size_t>(0, code.size());
    code[at] = *rc::gen::arbitrary<char>();
    RC_PRE(code != good);
    RC_ASSERT(!codec.task_key(code));
  }));
  EXPECT_EQ(codec.task_key(""), std::nullopt);
  EXPECT_EQ(codec.task_key("010101"), std::nullopt);
  EXPECT_EQ(codec.task_key(good.substr(1)), std::nullopt);
  EXPECT_EQ(codec.task_key("0" + good), std::nullopt);
  EXPECT_EQ(codec.task_key(good + " "), std::nullopt);
  EXPECT_EQ(codec.task_key(std::string(22, 'z') + "010101"), std::nullopt) << "more than 128 bits";
}

TEST(IdCodec, RefusesRandomCodes) {
  const IdCodec codec(kKey);
  EXPECT_TRUE(rc::check([&] {
    const auto head = *rc::gen::container<std::string>(
        22, rc::gen::oneOf(rc::gen::inRange('0', ':'), rc::gen::inRange('a', '{')));
    RC_ASSERT(!codec.job_id(head + "010001"));
    RC_ASSERT(!codec.task_key(head + "010101"));
    RC_ASSERT(!codec.device_id(head + "000101"));
    RC_ASSERT(!codec.group_id(head + "010201"));
  }));
}

TEST(IdCodec, RefusesCodesOfAnotherKey) {
  const IdCodec codec(kKey);
  IdCodec::Key other_key = kKey;
  other_key[15] ^= 1;
  const IdCodec other(other_key);
  for (int64_t id = 1; id <= 100; ++id) EXPECT_EQ(other.job_id(codec.job_code(JobId{id})), std::nullopt);
}

TEST(NextToken, GivesBackPositionQueryAndExpiryInSeconds) {
  const IdCodec codec(kKey);
  EXPECT_TRUE(rc::check([&] {
    const NextToken token{*rc::gen::inRange<int64_t>(0, kIdMax), *rc::gen::arbitrary<uint32_t>(),
                          WallMs{*rc::gen::inRange<int64_t>(0, 4'000'000'000'000)}};
    const auto back = codec.parse_next_token(codec.next_token(token));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->position == token.position);
    RC_ASSERT(back->query_hash == token.query_hash);
    RC_ASSERT(back->expires_at.value == token.expires_at.value / 1000 * 1000);
  }));
}

TEST(NextToken, RefusesDamagedSwappedAndMixedTokens) {
  const IdCodec codec(kKey);
  const std::string token = codec.next_token({5, 77, WallMs{1'700'000'000'000}});
  const std::string other_query = codec.next_token({5, 78, WallMs{1'700'000'000'000}});
  ASSERT_EQ(token.size(), 44u);
  EXPECT_TRUE(codec.parse_next_token(token));
  EXPECT_FALSE(codec.parse_next_token(token.substr(22) + token.substr(0, 22)));
  EXPECT_FALSE(codec.parse_next_token(token.substr(0, 22) + token.substr(0, 22)));
  EXPECT_FALSE(codec.parse_next_token(token.substr(0, 22) + other_query.substr(22)));
  EXPECT_FALSE(codec.parse_next_token(token.substr(0, 43)));
  EXPECT_FALSE(codec.parse_next_token(""));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string damaged = token;
    damaged[i] = damaged[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(codec.parse_next_token(damaged)) << i;
  }
}

TEST(AlinkId, DiffersByJobAndByAttempt) {
  std::set<uint32_t> ids;
  for (int64_t job = 1; job <= 1000; ++job)
    for (int32_t attempt = 1; attempt <= 15; ++attempt) ids.insert(alink_id(JobId{job}, attempt));
  EXPECT_EQ(ids.size(), 15'000u);
  EXPECT_EQ(alink_id(JobId{9}, 1), alink_id(JobId{9}, 1));
}

}  // namespace
}  // namespace rollcall
