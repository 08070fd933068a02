#include "net/address.hpp"

#include <charconv>
#include <optional>

#include "net/asio.hpp"

namespace rollcall::net {

namespace {

std::optional<uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  if (text.empty() || text.size() > 5) return std::nullopt;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || value > 65'535) return std::nullopt;
  return static_cast<uint16_t>(value);
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const char c : host) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '.' && c != '-' && c != '_') return false;
  }
  return true;
}

bool is_ipv6(std::string_view host) {
  error_code ec;
  asio::ip::make_address_v6(std::string(host), ec);
  return !ec;
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::InvalidFormattedParameter,
              "'" + std::string(text) + "' is not an address: " + std::string(why));
}

}  // namespace

std::string Address::text() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view text, int default_port) {
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return refuse(text, "']' is missing");
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return refuse(text, "':' must follow ']'");
    if (!is_ipv6(host)) return refuse(text, "not an IPv6 address within the brackets");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else {
    const size_t colon = text.find(':');
    has_port = colon != std::string_view::npos;
    if (has_port && text.find(':', colon + 1) != std::string_view::npos)
      return refuse(text, "an IPv6 address needs brackets, as in [::1]:1883");
    if (has_port) {
      host = text.substr(0, colon);
      port = text.substr(colon + 1);
    }
    if (host.empty() && has_port) host = "0.0.0.0";
    if (!is_host_name(host)) return refuse(text, "the host is not valid");
  }
  Address address;
  address.host = std::string(host);
  if (has_port) {
    const auto number = parse_port(port);
    if (!number) return refuse(text, "the port is a number from 0 to 65535");
    address.port = *number;
  } else if (default_port >= 0) {
    address.port = static_cast<uint16_t>(default_port);
  } else {
    return refuse(text, "the port is missing");
  }
  return address;
}

Result<Address> resolve(const Address& address) {
  error_code ec;
  asio::ip::make_address(address.host, ec);
  if (!ec) return address;
  asio::io_context io;
  tcp::resolver resolver(io);
  const auto results = resolver.resolve(address.host, std::to_string(address.port), ec);
  if (ec || results.empty())
    return fail(Error(ErrorCode::ServiceUnavailable, "the host '" + address.host + "' cannot be resolved")
                    .with_detail(ec.message()));
  const tcp::endpoint* chosen = nullptr;
  std::vector<tcp::endpoint> endpoints;
  for (const auto& result : results) endpoints.push_back(result.endpoint());
  for (const auto& endpoint : endpoints)
    if (chosen == nullptr || (endpoint.address().is_v4() && !chosen->address().is_v4())) chosen = &endpoint;
  return Address{chosen->address().to_string(), address.port};
}

std::string endpoint_text(const tcp::endpoint& endpoint) {
  return Address{endpoint.address().to_string(), endpoint.port()}.text();
}

}  // namespace rollcall::net
