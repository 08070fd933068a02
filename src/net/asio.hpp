// Our names for the parts of Asio that net/ uses. Included by net/ only; headers that other folders include
// forward-declare what they need instead.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <string>

namespace rollcall::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// The executor is spelled out: the type-erased default costs 32 bytes and an indirect call per socket.
using TcpSocket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
using TcpAcceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                               asio::io_context::executor_type>;

// "127.0.0.1:80", "[::1]:80".
std::string endpoint_text(const tcp::endpoint& endpoint);

}  // namespace rollcall::net
