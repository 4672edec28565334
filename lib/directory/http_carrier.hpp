// A trunk as the edge sees it: opens streams to the backend of a service, or takes visitors to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/intrusive_ptr.hpp"
#include "base/result.hpp"
#include "buffer/waker.hpp"
#include "directory/carrier_id.hpp"
#include "directory/tls_visitor.hpp"
#include "mux/stream.hpp"
#include "runtime/worker.hpp"
#include "shaping/shapes.hpp"
#include "wire/code.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::directory {

class HttpService;

/// Counts a stream of the edge in its trunk's load, and in what Server::tunnels() shows, for as long as it lives. Any
/// thread may drop it.
class HttpStreamCount {
public:
    HttpStreamCount() = default;
    HttpStreamCount(const HttpStreamCount&) = delete;
    HttpStreamCount& operator=(const HttpStreamCount&) = delete;
    virtual ~HttpStreamCount() = default;
};

/// A connection to a service's backend, as far as the tunnel is concerned. The backend may still refuse it: then the
/// stream's verdict says so.
struct HttpStream {
    IntrusivePtr<mux::Stream> stream;
    /// To be dropped when the stream has ended, or when nobody uses it any more.
    std::shared_ptr<HttpStreamCount> counted;
    /// The rates that count for what passes on it; null: none.
    std::shared_ptr<shaping::ServiceShape> shape{};
};

/// A trunk as the edge sees it. Any thread may call the members. Implemented by ServerSession.
class HttpCarrier : public NumberedCarrier {
public:
    using Opened = std::function<void(Result<HttpStream, wire::Code>)>;

    virtual ~HttpCarrier() = default;

    /// The streams that the trunk has, or that are on their way to it.
    virtual std::uint64_t load() const noexcept = 0;

    /// Whether its connection is lost, and it waits to be resumed on another one.
    virtual bool waits() const noexcept { return false; }

    /// The worker on which the session's half of its streams lives. An endpoint elsewhere is `foreign`.
    virtual runtime::Worker& worker() noexcept = 0;

    /// Opens a stream to the backend of `service` (the trunk's own id for it, from HttpService::choose) for a visitor
    /// from `visitor`. `waker` is the stream's endpoint half, on the caller's worker; `foreign` if that is not
    /// worker(). `opened` is called exactly once: on worker() with the stream or why there is none, and before `open`
    /// returns if the call is made there; or with `going_away` on any thread if the session's worker has stopped.
    /// Codes: `unknown_service` (this trunk does not carry it any more: choose again), `busy` (no room for one more
    /// stream), `going_away` (the trunk drains), `limit` (the token has as many visitors as it may, on whatever trunk).
    virtual void open(std::uint32_t service, const net::Address& visitor, IntrusivePtr<buffer::Waker> waker,
                      bool foreign, Opened opened) = 0;

    /// Takes a visitor of a service whose TLS passes untouched. A trunk that cannot take it, because it no longer
    /// carries the service or has no room, passes it to another (pass_on). A trunk that does not know such services
    /// turns it away.
    virtual void take(TlsVisitor visitor, std::uint32_t service) { (void)visitor, (void)service; }

    /// Tells the trunk that it carries no more visitors of the service: another trunk has taken its place after this
    /// one had yielded, or the service was closed on another trunk. If memory is short the trunk may miss that: it ends
    /// or leaves later.
    virtual void dropped(const std::shared_ptr<HttpService>& service) noexcept = 0;
};

}  // namespace ferrotunnel::directory
