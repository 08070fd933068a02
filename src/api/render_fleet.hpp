// Products, devices, batch registrations and groups as fields of answers, named exactly as the vendor's
// metadata names them (cloud-api C, 0.3). Used by actions/. Thread: any; pure.
#pragma once

#include <string>
#include <string_view>

#include "api/api_config.hpp"
#include "api/node.hpp"
#include "engine/effects.hpp"
#include "engine/queries.hpp"
#include "model/id_codec.hpp"

namespace rollcall::api {

using FoundDevice = engine::DevicesFound::Found;

// ONLINE, OFFLINE, UNACTIVE (never connected) or DISABLE (cloud-api C.2).
std::string_view device_status_text(const Device& device, const Presence& presence) noexcept;

Node render_product_made(const Product& product);  // CreateProduct
Node render_product(const Product& product);       // QueryProduct
Node render_product_list(const engine::ProductList& list, int64_t page,
                         int64_t page_size);                                    // QueryProductList
Node render_device_made(const engine::DeviceMade& made, const IdCodec& codec);  // RegisterDevice
Node render_device_detail(const FoundDevice& found, const IdCodec& codec,
                          const ApiConfig& config);   // QueryDeviceDetail
Node render_device_status(const FoundDevice& found);  // GetDeviceStatus
// BatchGetDeviceState: devices that were not found are left out.
Node render_device_states(const engine::DevicesFound& found, const IdCodec& codec, const ApiConfig& config);
Node render_apply(ApplyId apply);                                // BatchCheckDeviceNames, BatchRegister...
Node render_names_refused(const engine::NamesRefused& refused);  // BatchCheckDeviceNames
Node render_apply_page(const engine::ApplyPage& list, int64_t page, int64_t page_size, const IdCodec& codec);
Node render_group(const Group& group);                            // CreateDeviceGroup
Node render_group_added(const engine::GroupDevicesAdded& added);  // BatchAddDeviceGroupRelations
Node render_thing_model(std::string_view tsl);                    // GetThingModelTsl
// QueryThingModel, QueryThingModelPublished
Node render_thing_model_json(std::string_view product_key, const engine::Queries::ModelFound& found);
Node render_exported_devices(const std::vector<Device>& devices, const IdCodec& codec);  // ExportDevices
Node render_tally(const engine::ImportTally& tally);  // ImportFleet, ImportAccess
std::vector<Node> render_refusals(const std::vector<engine::ImportRefusal>& refusals);
Node render_fleet_imported(const engine::FleetImported& imported, bool dry_run);  // ImportFleet

Node render_property_status(const std::vector<engine::PropertyStatus>& properties);

}  // namespace rollcall::api
