// Bounds of job files (base/limits.hpp has the others), each with its source. Thread: constants.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rollcall::limits {

inline constexpr int64_t kJobFileBytesMax = int64_t{1'000} << 20;  // cloud-api A.11
inline constexpr int64_t kUploadTicketMs = 60'000;                 // likewise
inline constexpr int64_t kUnusedFileKeepMs = int64_t{60} * 60'000;
inline constexpr int64_t kDeviceFileLinkMs = int64_t{60} * 60'000;  // device-protocol 4.1
inline constexpr int64_t kCallerFileLinkMs = int64_t{30} * 60'000;  // cloud-api A.5
inline constexpr size_t kUploadFormBytesMax = 64 * 1024;            // what a form has beside its file; ours
inline constexpr size_t kUploadsMax = 64;                           // under way at once; ours

}  // namespace rollcall::limits
