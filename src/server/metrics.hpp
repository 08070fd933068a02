// /metrics, /healthz and /readyz (DESIGN 6: names others read). Rendered from the probes with
// prometheus-cpp's serialiser. Thread: any; the probes are relaxed atomics.
#pragma once

#include <string>

#include "engine/engine.hpp"
#include "gateway/gateway_config.hpp"
#include "net/tcp_server.hpp"

namespace rollcall::server {

std::string render_metrics(const engine::EngineProbe& engine, const gateway::GatewayProbe& gateway,
                           const net::HandshakeProbe& handshakes);

}  // namespace rollcall::server
