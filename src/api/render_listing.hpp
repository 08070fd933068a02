// Lists of devices, groups, tags and topic classes as fields of answers, named exactly as the vendor's SDK
// decodes them (cloud-api C.2, C.3, 0.3). Used by actions/. Thread: any; pure.
#pragma once

#include <optional>
#include <string>

#include "api/api_config.hpp"
#include "api/node.hpp"
#include "api/reading.hpp"
#include "engine/effects.hpp"
#include "engine/queries.hpp"
#include "model/id_codec.hpp"

namespace rollcall::api {

// QueryDevice; `token` leads on, empty on the last page.
Node render_device_page(const engine::DeviceList& list, const PageRequest& page, const std::string& token,
                        const IdCodec& codec);
// QueryDeviceByStatus.
Node render_devices_of_status(const engine::DeviceList& list, const PageRequest& page, const IdCodec& codec);
// QueryDeviceListByDeviceGroup, QueryDeviceByTags.
Node render_simple_devices(const engine::DeviceList& list, const PageRequest& page, const IdCodec& codec);
// BatchQueryDeviceDetail: devices that were not found are left out.
Node render_device_details(const engine::DevicesFound& found, const IdCodec& codec, const ApiConfig& config);
Node render_device_tally(const DeviceTally& tally);                          // QueryDeviceStatistics
Node render_apply_report(const engine::ApplyReport& report);                 // QueryBatchRegisterDeviceStatus
Node render_imported(const engine::DeviceMade& made, const IdCodec& codec);  // ImportDevice
Node render_import_refused(const engine::ImportRefused& refused);            // BatchImportDevice
Node render_group_info(const engine::GroupInfo& info);                       // QueryDeviceGroupInfo
Node render_group_list(const engine::GroupList& list, const PageRequest& page);  // QueryDeviceGroupList
Node render_groups_of_device(const std::vector<Group>& groups);                  // QueryDeviceGroupByDevice
Node render_group_removed(const engine::GroupDevicesRemoved& removed);  // BatchDeleteDeviceGroupRelations
Node render_tags(const std::vector<DeviceTag>& tags);                   // QueryDeviceProp
Node render_topics(const engine::TopicList& list);                      // QueryProductTopic

}  // namespace rollcall::api
