// A trunk as the edge sees it: something that opens streams to the backend of a service, or takes visitors to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/intrusive_ptr.hpp"
#include "base/result.hpp"
#include "buffer/waker.hpp"
#include "directory/tls_visitor.hpp"
#include "mux/stream.hpp"
#include "runtime/worker.hpp"
#include "wire/code.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::directory {

class HttpService;

/// A connection to a service's backend, as far as the tunnel is concerned. The backend may still refuse: then the
/// stream's verdict says so.
struct HttpStream {
    IntrusivePtr<mux::Stream> stream;
    /// Counts the stream as load of its trunk, and in what Server::tunnels() shows. Any thread may drop it; drop it
    /// when the stream has ended, or when nobody uses it any more.
    std::shared_ptr<void> counted;
};

/// All members may be called from any thread. Implemented by ServerSession.
class HttpCarrier {
public:
    using Opened = std::function<void(Result<HttpStream, wire::Code>)>;

    virtual ~HttpCarrier() = default;

    /// Streams that it has, or that are on their way to it.
    virtual std::uint64_t load() const noexcept = 0;

    /// Where the session's half of its streams lives. An endpoint elsewhere is `foreign`.
    virtual runtime::Worker& worker() noexcept = 0;

    /// Opens a stream to the backend of `service` (its own id for it, from HttpService::choose) for a visitor who comes
    /// from `visitor`. `waker` is the stream's endpoint half, on the caller's worker; `foreign` when that is not
    /// worker(). `opened` is called exactly once: on worker() with the stream or why there is none, before the call
    /// returns when it is made there; or with `going_away` on any thread when the session's worker has stopped. Codes:
    /// `unknown_service` (this trunk does not carry it any more: choose again), `busy` (no room for one more stream),
    /// `going_away` (it drains).
    virtual void open(std::uint32_t service, const net::Address& visitor, IntrusivePtr<buffer::Waker> waker,
                      bool foreign, Opened opened) = 0;

    /// A visitor of a service whose TLS passes untouched. One that can not take it, since it carries the service no
    /// more or has no room, lets another one have it: pass_on. One that does not know such services turns it away.
    virtual void take(TlsVisitor visitor, std::uint32_t service) { (void)visitor, (void)service; }

    /// It carries no visitors of the service any more: another trunk has taken its place, since it had said that it
    /// yields, or the service was closed on another trunk. Without memory it may miss that: it ends or leaves later.
    virtual void dropped(const std::shared_ptr<HttpService>& service) noexcept = 0;
};

}  // namespace ferrotunnel::directory
