// JobDocument by type: checked once at creation, kept exactly as given, and turned into what devices receive:
// one immutable text shared by thousands of pushes (cloud-api A.1, DESIGN 5.4). Thread: immutable after
// making, shared freely.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/job.hpp"

namespace rollcall {

// What is common to all pushes of one job.
struct JobContent {
  JobId job;
  JobType type = JobType::CustomJob;
  MessageQos qos = MessageQos::Qos1;
  bool sync_service = false;
  std::string service_identifier;  // INVOKE_SERVICE
  std::string body;  // CUSTOM_JOB: document for the wire; SET_PROPERTY, INVOKE_SERVICE: params for the wire;
                     // PUB: decoded payload bytes
  std::string topic_short_name;  // PUB: suffix of /{pk}/{dn}/user/
  // PUB: a request whose answer is awaited (device-protocol 5.3): it goes out in the RRPC form, on the
  // system's own topic when topic_short_name is empty. Never a job's.
  bool raw_rrpc = false;
};

// Reads the document of a type: JSON, an object, at most 65,536 code points, with the members its type asks
// for and no others than documented (unknown ones are accepted and ignored). Error InvalidFormattedParameter
// naming the path. `body` holds the compact text in the caller's number spelling; braces inside strings are
// escaped for CUSTOM_JOB only.
Result<JobContent> read_job_document(JobType type, std::string_view document);

// The raw text of params inside a SET_PROPERTY or INVOKE_SERVICE document ("{}" when a service call has
// none).
Result<std::string_view> job_document_params(std::string_view document);

}  // namespace rollcall
