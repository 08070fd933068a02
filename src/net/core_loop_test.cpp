#include "net/core_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "net/mailbox.hpp"
#include "net/test_peer.hpp"

namespace rollcall::net {
namespace {

TEST(CoreLoop, RunsPostedWorkOfAnotherThreadAndStops) {
  CoreLoop loop;
  int ran = 0;
  std::thread::id where;
  std::thread other([&] {
    loop.post([&] {
      ++ran;
      where = std::this_thread::get_id();
    });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST(CoreLoop, StoppedBeforeRunReturnsAtOnce) {
  CoreLoop loop;
  loop.stop();
  loop.run();
  EXPECT_FALSE(loop.run_until([] { return false; }, kTestDeadlineMs));
}

TEST(CoreLoop, ManyWakesBeforeTheHookRunsMakeOneCall) {
  CoreLoop loop;
  int woken = 0;
  loop.on_wake([&] { ++woken; });
  for (int i = 0; i < 1000; ++i) loop.wake();
  ASSERT_TRUE(eventually(loop, [&] { return woken > 0; }));
  bool later = false;
  loop.post([&] { later = true; });
  ASSERT_TRUE(eventually(loop, [&] { return later; }));
  EXPECT_EQ(woken, 1);
  loop.wake();
  EXPECT_TRUE(eventually(loop, [&] { return woken == 2; }));
}

TEST(CoreLoop, AWakeWhileTheHookRunsIsNotLost) {
  CoreLoop loop;
  int woken = 0;
  loop.on_wake([&] {
    if (++woken < 3) loop.wake();
  });
  loop.wake();
  EXPECT_TRUE(eventually(loop, [&] { return woken == 3; }));
}

TEST(CoreLoop, EveryMessageOfManyThreadsArrivesThroughAMailbox) {
  CoreLoop loop;
  Mailbox<int> mailbox(100'000, [&] { loop.wake(); });
  std::vector<int> got;
  std::vector<int> batch;
  loop.on_wake([&] {
    mailbox.drain(batch);
    got.insert(got.end(), batch.begin(), batch.end());
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        std::vector<int> one = {i};
        ASSERT_TRUE(mailbox.push_all(one));
      }
    });
  EXPECT_TRUE(eventually(loop, [&] { return got.size() == 8000; }));
  for (auto& thread : threads) thread.join();
}

TEST(CoreLoop, CallsAfterPollOncePerRoundBehindTheRoundsWork) {
  CoreLoop loop;
  std::vector<int> events;
  loop.after_poll([&] { events.push_back(0); });
  for (int i = 1; i <= 3; ++i) loop.post([&events, i] { events.push_back(i); });
  ASSERT_TRUE(eventually(loop, [&] { return events.size() >= 4; }));
  EXPECT_EQ(events, (std::vector<int>{1, 2, 3, 0}));
}

TEST(CoreLoop, AFloodOfWorkDoesNotHoldTheHookBack) {
  CoreLoop loop;
  int hooks = 0;
  int done = 0;
  loop.after_poll([&] { ++hooks; });
  for (int i = 0; i < 10'000; ++i) loop.post([&] { ++done; });
  ASSERT_TRUE(eventually(loop, [&] { return done == 10'000; }));
  EXPECT_GE(hooks, 10);
}

TEST(CoreLoop, TimersFireInOrderOfTheirDeadlines) {
  CoreLoop loop;
  std::vector<int> fired;
  const SteadyUs now = loop.now();
  loop.at(now + 3000, [&] { fired.push_back(3); });
  loop.at(now + 1000, [&] { fired.push_back(1); });
  loop.at(now + 2000, [&] { fired.push_back(2); });
  loop.at(now - 5'000'000, [&] { fired.push_back(0); });
  ASSERT_TRUE(eventually(loop, [&] { return fired.size() == 4; }));
  EXPECT_EQ(fired, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_GE(loop.now(), now + 3000);
}

TEST(CoreLoop, ARepeatingTimerFiresUntilItIsCancelledEvenByItself) {
  CoreLoop loop;
  int fired = 0;
  CoreLoop::TimerId id = 0;
  id = loop.every(1, [&] {
    if (++fired == 3) loop.cancel(id);
  });
  bool later = false;
  loop.after(30, [&] { later = true; });
  ASSERT_TRUE(eventually(loop, [&] { return later; }));
  EXPECT_EQ(fired, 3);
}

TEST(CoreLoop, ACancelledTimerNeverFires) {
  CoreLoop loop;
  bool fired = false;
  bool later = false;
  const auto id = loop.after(5, [&] { fired = true; });
  loop.after(10, [&] { later = true; });
  loop.cancel(id);
  loop.cancel(id);
  loop.cancel(12345);
  ASSERT_TRUE(eventually(loop, [&] { return later; }));
  EXPECT_FALSE(fired);
}

TEST(CoreLoop, RunUntilGivesUpAtItsDeadline) {
  CoreLoop loop;
  const SteadyUs start = loop.now();
  EXPECT_FALSE(loop.run_until([] { return false; }, 20));
  EXPECT_GE(loop.now() - start, 20'000);
}

TEST(Mailbox, RefusesAWholeBatchWhenThereIsNoRoomForAllOfIt) {
  int woken = 0;
  Mailbox<int> mailbox(3, [&] { ++woken; });
  std::vector<int> batch = {1, 2};
  EXPECT_TRUE(mailbox.push_all(batch));
  EXPECT_TRUE(batch.empty());
  batch = {3, 4};
  EXPECT_FALSE(mailbox.push_all(batch));
  EXPECT_EQ(batch.size(), 2u);
  std::vector<int> out;
  mailbox.drain(out);
  EXPECT_EQ(out, (std::vector<int>{1, 2}));
  EXPECT_EQ(woken, 1);
}

TEST(Mailbox, KeepsReservedPlacesFromOthers) {
  Mailbox<int> mailbox(2, [] {});
  EXPECT_TRUE(mailbox.reserve(2));
  EXPECT_FALSE(mailbox.reserve(1));
  std::vector<int> other = {9};
  EXPECT_FALSE(mailbox.push_all(other));
  std::vector<int> mine = {1};
  mailbox.push_answers(mine, 1);
  EXPECT_FALSE(mailbox.push_all(other));
  mailbox.release(1);
  EXPECT_TRUE(mailbox.push_all(other));
}

}  // namespace
}  // namespace rollcall::net
