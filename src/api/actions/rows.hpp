// The rows of the action table, by the file that holds them beside the functions that carry them out. A new
// file of actions is declared here and named in action_table.cpp. Thread: constants.
#pragma once

#include <span>

#include "api/action_table.hpp"

namespace rollcall::api {

using enum ParameterKind;

constexpr bool kRequired = true;
constexpr bool kOptional = false;
constexpr ErrorCode kPageError = ErrorCode::InvalidPageParams;
constexpr bool kVendor = false;
constexpr bool kExtension = true;
constexpr bool kAdministrator = true;

std::span<const ActionRow> product_actions() noexcept;
std::span<const ActionRow> device_actions() noexcept;
std::span<const ActionRow> batch_registration_actions() noexcept;
std::span<const ActionRow> group_actions() noexcept;
std::span<const ActionRow> thing_model_actions() noexcept;
std::span<const ActionRow> job_actions() noexcept;
std::span<const ActionRow> job_query_actions() noexcept;
std::span<const ActionRow> task_query_actions() noexcept;
std::span<const ActionRow> fleet_actions() noexcept;
std::span<const ActionRow> device_list_actions() noexcept;
std::span<const ActionRow> device_bulk_actions() noexcept;
std::span<const ActionRow> group_list_actions() noexcept;
std::span<const ActionRow> tag_actions() noexcept;
std::span<const ActionRow> topic_actions() noexcept;
std::span<const ActionRow> access_actions() noexcept;
std::span<const ActionRow> direct_actions() noexcept;
std::span<const ActionRow> property_actions() noexcept;
std::span<const ActionRow> device_log_actions() noexcept;

}  // namespace rollcall::api
