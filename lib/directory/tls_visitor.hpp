// A TLS passthrough visitor on its way to a trunk. Its ClientHello was peeked at and is still in the socket; or it
// comes with the stream of a visitor that another member of a cluster has forwarded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "directory/carrier_id.hpp"
#include "directory/distant_visitor.hpp"
#include "directory/group_member.hpp"
#include "directory/quota_count.hpp"
#include "directory/watched_visitor.hpp"
#include "login/connection_limiter.hpp"
#include "runtime/socket.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::directory {

class HttpCarrier;
class HttpService;
struct TlsVisitor;

/// Alert for a visitor that is not served, before TLS has begun.
enum class TlsAlert : std::uint8_t { internal_error = 80, unrecognized_name = 112 };

/// Ends a connection with a fatal alert, without waiting for anything. What has arrived of the ClientHello is read and
/// discarded first: closing a socket with unread bytes resets it, and the alert would be lost.
void reject_visitor(runtime::Fd socket, TlsAlert alert) noexcept;

/// Where such visitors arrive, and may wait for their client. Thread-safe.
class TlsVisitorSource {
public:
    virtual ~TlsVisitorSource() = default;
    /// Accepts a visitor whose service has ended before a trunk had a stream for it. It starts again, without a
    /// service.
    virtual void readmit(TlsVisitor visitor) noexcept = 0;
};

/// The visitor. Its destructor rejects it.
struct TlsVisitor {
    runtime::Fd socket;
    net::Address from;
    std::string host;                            // the server name that it requested, as sent; empty: none
    std::shared_ptr<HttpService> service;        // null: not looked up yet
    login::ConnectionTicket ticket;              // counts it for the caps of its source
    std::shared_ptr<TlsVisitorSource> source{};  // readmits it, at most once; null if it was readmitted already
    CarrierIds excluded_carriers{};
    std::shared_ptr<WatchedVisitor> visit{};   // null if no plugin was called
    IntrusivePtr<DistantVisitor> distant{};    // set if there is no socket
    std::shared_ptr<QuotaCount> of_token{};    // towards the quotas of the service's token
    std::shared_ptr<MemberVisit> of_member{};  // of a group; otherwise null

    TlsVisitor(runtime::Fd socket_in, const net::Address& from_in, std::string host_in,
               std::shared_ptr<HttpService> service_in, login::ConnectionTicket ticket_in);
    TlsVisitor(TlsVisitor&&) noexcept;
    TlsVisitor& operator=(TlsVisitor&&) = delete;
    ~TlsVisitor();
};

/// Hands the visitor to the carrier of its service with the fewest visitors, or back to its source if the service has
/// ended. Thread-safe.
void dispatch(TlsVisitor visitor) noexcept;

/// Passes on a visitor that the carrier `from` cannot accept, to the carrier with the fewest visitors among those that
/// have not passed it on before, or back to its source if the service has ended. False if neither is possible: the
/// visitor stays with the caller. True also if the visitor was lost, and rejected, for lack of memory: the caller no
/// longer has it.
bool pass_on(TlsVisitor& visitor, const HttpCarrier& from) noexcept;

}  // namespace ferrotunnel::directory
