// Guesses how a client on another machine reaches this one.
#pragma once

#include <string>

namespace ferrotunnel::cli {

/// The machine's host name; empty if it has none.
std::string host_name();

/// The host of `endpoint`, "[::1]:22" or "192.0.2.1:7835", without its port.
std::string host_of(const std::string& endpoint);
std::string port_of(const std::string& endpoint);

/// The endpoint as a URL, "tcp://tunnel.example.com:2222". The endpoint of an HTTP service is a URL already, and
/// "private" is returned unchanged.
std::string as_url(const std::string& endpoint);

/// True for 0.0.0.0 and ::, which mean every address of the machine.
bool is_wildcard(const std::string& host);

/// The machine's first IPv4 address that is not loopback, for an example to copy; "localhost" if it has none.
std::string address_of_this_machine();

}  // namespace ferrotunnel::cli
