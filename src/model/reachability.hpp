// Would a message of this job reach the device on its present connection? A device is reachable only on
// topics that it subscribed to, itself or by _ss=1 (DESIGN 3, device-protocol 2.4). Implemented by
// alink::FilterSet; tests have their own. Thread: immutable, shared between the core that owns the connection
// and the engine.
#pragma once

#include "model/job_document.hpp"

namespace rollcall {

class Reachability {
 public:
  virtual ~Reachability() = default;
  virtual bool reaches(const JobContent& content) const = 0;
};

}  // namespace rollcall
