// The part of the audit that is about products, devices, groups and applications.
#include "model/id_codec.hpp"
#include "store_audit.hpp"
#include "store_copy.hpp"

namespace rollcall::testing {
namespace {

class FleetAudit {
 public:
  FleetAudit(StoreCopy& copy, const IdCodec& codec, const Facts& facts, const AuditOptions& options,
             AuditResult& result)
      : copy_(copy), codec_(codec), facts_(facts), options_(options), result_(result) {}

  void run() {
    compare_products();
    compare_devices();
    compare_groups();
    compare_applies();
  }

 private:
  void problem(const std::string& what) { result_.check(false, what); }
  void check(bool holds, const std::string& what) { result_.check(holds, what); }
  template <class OnRow>
  void each(const char* sql, OnRow&& on_row) {
    if (std::string failure = copy_.each(sql, on_row); !failure.empty()) problem(failure);
  }

  void compare_products() {
    std::map<std::string, std::pair<std::string, std::string>> products;
    each("SELECT key, name, secret FROM product", [&](const StoreRow& row) {
      products[row.text(0)] = {row.text(1), row.text(2)};
    });
    std::map<std::string, int> models;  // bit 0: a draft, bit 1: a published version
    each("SELECT key, version FROM thing_model JOIN product ON product.id = product",
         [&](const StoreRow& row) { models[row.text(0)] |= row.text(1).empty() ? 1 : 2; });
    for (const auto& [key, fact] : facts_.products) {
      const auto found = products.find(key);
      if (found == products.end() || found->second.first != fact.name ||
          found->second.second != "0" + fact.secret) {
        problem("lost: the acknowledged product " + fact.name);
        continue;
      }
      result_.compared += 1u + fact.model_imported + fact.model_published;
      check(!fact.model_imported || (models[key] & 1), "lost: the imported model of " + fact.name);
      check(!fact.model_published || (models[key] & 2), "lost: the published model of " + fact.name);
    }
  }

  void compare_devices() {
    std::map<DevicePath, std::pair<std::string, std::string>> devices;
    each("SELECT key, device.name, device.secret, device.id FROM device JOIN product ON product.id = product",
         [&](const StoreRow& row) {
           devices[{row.text(0), row.text(1)}] = {row.text(2), codec_.iot_id(DeviceId{row.number(3)})};
         });
    for (const auto& [path, fact] : facts_.devices) {
      const auto found = devices.find(path);
      check(found != devices.end() && found->second.first == "0" + fact.secret &&
                found->second.second == fact.iot_id,
            "lost: the acknowledged device " + path.second);
      ++result_.compared;
    }
    for (const int64_t id : facts_.applied) {
      const auto& [product, names] = facts_.applies.at(id);
      ++result_.compared;
      if (!options_.all_ended) continue;
      for (const std::string& name : names)
        check(devices.contains({product, name}), "the device " + name + " that was applied for never came");
    }
  }

  void compare_groups() {
    std::map<std::string, std::string> groups;
    each("SELECT code, name FROM device_group",
         [&](const StoreRow& row) { groups[row.text(0)] = row.text(1); });
    std::set<std::pair<std::string, std::string>> members;
    each(
        "SELECT device_group.code, product.key, device.name FROM group_member JOIN device_group ON "
        "device_group.id = device_group AND left_number = 0 JOIN device ON device.id = device JOIN product "
        "ON product.id = "
        "device.product",
        [&](const StoreRow& row) { members.emplace(row.text(0), row.text(1) + "/" + row.text(2)); });
    for (const auto& [code, fact] : facts_.groups) {
      const auto found = groups.find(code);
      check(found != groups.end() && found->second == fact.name, "lost: the acknowledged group " + fact.name);
      ++result_.compared;
      for (const std::string& member : fact.members) {
        check(members.contains({code, member}), "lost: " + member + " in the group " + fact.name);
        ++result_.compared;
      }
    }
    each(
        "SELECT device_group.name, device_count, count(device) FROM device_group LEFT JOIN group_member ON "
        "device_group = id AND left_number = 0 WHERE deleted_ms = 0 GROUP BY id HAVING device_count <> "
        "count(device)",
        [&](const StoreRow& row) { problem("the count of the group " + row.text(0) + " is wrong"); });
    each(
        "SELECT product.name FROM product WHERE device_count <> (SELECT count(*) FROM device WHERE product = "
        "product.id AND device.deleted_ms = 0)",
        [&](const StoreRow& row) { problem("the count of the product " + row.text(0) + " is wrong"); });
  }

  void compare_applies() {
    std::map<int64_t, int> status;
    each("SELECT id, status FROM apply",
         [&](const StoreRow& row) { status[row.number(0)] = static_cast<int>(row.number(1)); });
    for (const auto& [id, apply] : facts_.applies) {
      check(status.contains(id), "lost: the application " + std::to_string(id));
      ++result_.compared;
    }
  }

  StoreCopy& copy_;
  const IdCodec& codec_;
  const Facts& facts_;
  const AuditOptions options_;
  AuditResult& result_;
};

}  // namespace

void audit_fleet(StoreCopy& copy, const IdCodec& codec, const Facts& facts, const AuditOptions& options,
                 AuditResult& result) {
  FleetAudit(copy, codec, facts, options, result).run();
}

}  // namespace rollcall::testing
