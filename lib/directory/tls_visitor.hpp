// A visitor whose TLS passes untouched, on its way to a trunk. Its ClientHello was looked at and is still in the
// socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/socket.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::directory {

class HttpCarrier;
class HttpService;

/// What a visitor is told who is not served, before TLS has begun.
enum class TlsAlert : std::uint8_t { internal_error = 80, unrecognized_name = 112 };

/// Ends a connection with a fatal alert. What has come of the ClientHello is thrown away first: a socket that is closed
/// with unread bytes is reset, and the alert would be lost with that. Nothing is waited for.
void turn_away(runtime::Fd socket, TlsAlert alert) noexcept;

/// Who drops it turns it away: its service is known, but nobody takes it.
struct TlsVisitor {
    runtime::Fd socket;
    net::Address from;
    std::string host;  // that it asked for, as it was sent; empty: none
    std::shared_ptr<HttpService> service;
    std::shared_ptr<void> ticket;                    // counts it for the caps of where it came in
    std::vector<const HttpCarrier*> passed_on_by{};  // only to be compared: some may be gone

    TlsVisitor(runtime::Fd socket_in, const net::Address& from_in, std::string host_in,
               std::shared_ptr<HttpService> service_in, std::shared_ptr<void> ticket_in);
    TlsVisitor(TlsVisitor&&) noexcept;
    TlsVisitor& operator=(TlsVisitor&&) = delete;
    ~TlsVisitor();
};

/// To the carrier of its service with the fewest visitors. Any thread.
void hand_over(TlsVisitor visitor) noexcept;

/// From a carrier that can not take it, to the one with the fewest among those that have not passed it on before. False
/// when there is none: the visitor stays with the caller. True also of one that was lost on the way, and turned away,
/// for want of memory: the caller has it no more.
bool pass_on(TlsVisitor& visitor, const HttpCarrier& from) noexcept;

}  // namespace ferrotunnel::directory
