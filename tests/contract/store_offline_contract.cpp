// Messages that wait for their devices.
#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

MATCHER_P2(Waits, device, id, "") { return arg.device == device && arg.id == id; }

TEST_P(StoreContract, KeepsMessagesOfEachDeviceInTheirOrder) {
  const auto devices = add_devices(add_product("p"), 2);
  const std::string bytes("\0\xff{}", 4);
  ChangeSet changes;
  changes.offline_messages = {{devices[0], 12, WallMs{500}, JobType::Pub, "get", bytes},
                              {devices[0], 11, WallMs{600}, JobType::InvokeService, "blink", "{}"},
                              {devices[1], 12, WallMs{400}, JobType::SetProperty, "", R"({"灯":1})"},
                              {DeviceId{999}, 12, WallMs{300}, JobType::Pub, "nobody's", ""}};
  EXPECT_FALSE(changes.empty());
  commit(changes);
  if (GetParam().durable) reopen();
  const std::vector<OfflinePlace> from_start{{devices[1], 0}, {DeviceId{999}, 0}, {devices[0], 0}};
  auto rows = store().offline_messages(from_start, 10);
  ASSERT_TRUE(rows);
  EXPECT_THAT(*rows, ElementsAre(changes.offline_messages[2], changes.offline_messages[1],
                                 changes.offline_messages[0]));
  EXPECT_THAT(*store().offline_messages(from_start, 1),
              ElementsAre(Waits(devices[1], 12), Waits(devices[0], 11)));
  const std::vector<OfflinePlace> behind{{devices[0], 11}, {devices[1], 12}};
  EXPECT_THAT(*store().offline_messages(behind, 10), ElementsAre(Waits(devices[0], 12)));
  EXPECT_THAT(*store().offline_messages({}, 10), IsEmpty());

  const std::vector<DeviceId> asked{devices[1], DeviceId{999}, devices[0]};
  const auto tallies = store().offline_tallies(asked);
  ASSERT_EQ(tallies->size(), 2u);
  EXPECT_EQ(tallies->front().device, devices[1]);
  EXPECT_EQ(tallies->back().messages, 2);
  EXPECT_EQ(tallies->back().bytes, 6);
  EXPECT_EQ(store().offline_totals()->messages, 3);
  EXPECT_EQ(store().offline_totals()->last_id, 12);
  EXPECT_EQ(*store().earliest_offline_end(), WallMs{400});
}

TEST_P(StoreContract, ForgetsMessagesThatArrivedEndedOrLostTheirDevice) {
  const ProductId product = add_product("p");
  const auto devices = add_devices(product, 3);
  EXPECT_EQ(*store().earliest_offline_end(), std::nullopt);
  EXPECT_EQ(store().offline_totals()->last_id, 0);
  ChangeSet changes;
  for (int64_t id = 1; id <= 4; ++id)
    for (const DeviceId device : devices)
      changes.offline_messages.push_back({device, id, WallMs{100 * id}, JobType::Pub, "t", "x"});
  commit(changes);

  ChangeSet gone;
  gone.offline_gone = {{devices[0], 2, 2}, {devices[1], 0, 3}, {DeviceId{999}, 0, 9}, {devices[0], 2, 2}};
  EXPECT_FALSE(gone.empty());
  EXPECT_EQ(commit(gone).offline_gone, 4);
  ChangeSet removal;
  removal.devices = {{devices[2], product, true, true, true, now}};
  EXPECT_EQ(commit(removal).offline_gone, 4);
  const std::vector<OfflinePlace> all{{devices[0], 0}, {devices[1], 0}, {devices[2], 0}};
  EXPECT_THAT(*store().offline_messages(all, 10), ElementsAre(Waits(devices[0], 1), Waits(devices[0], 3),
                                                              Waits(devices[0], 4), Waits(devices[1], 4)));
  ChangeSet late;
  late.offline_messages = {{devices[2], 9, WallMs{900}, JobType::Pub, "t", "x"}};
  commit(late);
  EXPECT_EQ(store().offline_totals()->messages, 4);

  ChangeSet expiry;
  expiry.expire_offline = ExpireOffline{WallMs{300}, 1};
  EXPECT_FALSE(expiry.empty());
  EXPECT_EQ(commit(expiry).offline_expired, 1);
  EXPECT_EQ(*store().earliest_offline_end(), WallMs{300});
  expiry.expire_offline->rows_max = 10;
  EXPECT_EQ(commit(expiry).offline_expired, 1);
  EXPECT_THAT(*store().offline_messages(all, 10), ElementsAre(Waits(devices[0], 4), Waits(devices[1], 4)));
}

TEST_P(StoreContract, RefusesAMessageThatIsThere) {
  const auto devices = add_devices(add_product("p"), 1);
  ChangeSet changes;
  changes.offline_messages = {{devices[0], 1, WallMs{1}, JobType::Pub, "t", "x"}};
  commit(changes);
  EXPECT_TRUE(commit_refused(changes).detail.starts_with("constraint:"));
  EXPECT_EQ(store().offline_totals()->messages, 1);
}

}  // namespace
}  // namespace rollcall::store
