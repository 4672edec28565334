// A trunk as the edge uses it: opens streams to the backend of a service, or accepts visitors for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "base/key_group.hpp"
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

/// Counts a stream of the edge in its trunk's load, and in Server::tunnels(), as long as it lives. Any thread may drop
/// it.
class HttpStreamCount {
public:
    HttpStreamCount() = default;
    HttpStreamCount(const HttpStreamCount&) = delete;
    HttpStreamCount& operator=(const HttpStreamCount&) = delete;
    virtual ~HttpStreamCount() = default;
};

/// A connection to a service's backend, as far as the tunnel is concerned. The backend may still refuse it, which the
/// stream's end reports.
struct HttpStream {
    IntrusivePtr<mux::Stream> stream;
    /// To be dropped when the stream has ended, or is no longer used.
    std::shared_ptr<HttpStreamCount> counted;
    /// Rate limits for its bytes. Null if there are none.
    std::shared_ptr<shaping::ServiceShape> shape{};
};

/// The visitor that a stream is opened for, as far as the edge knows it. Another member of a cluster gets all of it; a
/// client only the address.
struct HttpVisitor {
    net::Address address;
    bool https = false;
    bool trusted = false;  // a proxy, whose fields about its visitors are trusted
    KeyGroup key_group = KeyGroup::none;
    /// It has a verified client certificate: the heads of its requests have the fields about it, set by the edge.
    bool certificate = false;
};

/// A trunk as the edge sees it. Any thread may call the members. Implemented by ServerSession.
class HttpCarrier : public NumberedCarrier {
public:
    using Opened = std::function<void(Result<HttpStream, wire::Code>)>;

    virtual ~HttpCarrier() = default;

    /// Streams of the trunk, including those on their way to it.
    virtual std::uint64_t load() const noexcept = 0;

    /// Whether its connection is lost, and it waits to be resumed.
    virtual bool waits() const noexcept { return false; }

    /// The name of the member of the cluster that it leads to, valid as long as the server runs; empty: to a client.
    virtual std::string_view member_name() const noexcept { return {}; }

    /// The worker of the session's half of its streams. An endpoint elsewhere is `foreign`.
    virtual runtime::Worker& worker() noexcept = 0;

    /// Opens a stream to the backend of `service` (the trunk's own id for it, from HttpService::choose) for a visitor
    /// from `visitor`. `waker` is the stream's endpoint half, on the caller's worker; `foreign` if that is not
    /// worker(). `opened` is called exactly once: on worker() with the stream or the reason of a failure, and before
    /// `open` returns if the call is made there; or with `going_away` on any thread if the session's worker has
    /// stopped. Codes: `unknown_service` (this trunk no longer carries it: choose again), `busy` (no room for another
    /// stream), `going_away` (the trunk drains), `limit` (the token has reached its limit of visitors, on all trunks).
    virtual void open(std::uint32_t service, const HttpVisitor& visitor, IntrusivePtr<buffer::Waker> waker,
                      bool foreign, Opened opened) = 0;

    /// Accepts a visitor of a TLS passthrough service. A trunk that cannot, because it no longer carries the service or
    /// has no room, passes it to another (pass_on). A trunk without support for such services rejects it.
    virtual void take(TlsVisitor visitor, std::uint32_t service) { (void)visitor, (void)service; }

    /// Notifies the trunk that it no longer carries visitors of the service: another trunk has replaced it after this
    /// one had yielded, or the service was closed on another trunk. If memory is short the trunk may miss this call: it
    /// ends or leaves later.
    virtual void dropped(const std::shared_ptr<HttpService>& service) noexcept = 0;
};

/// The answer to HttpCarrier::open, which is always given, whatever happens to the mail that carries it.
class HttpOpenAnswer {
public:
    explicit HttpOpenAnswer(HttpCarrier::Opened opened) : opened_(std::move(opened)) {}
    HttpOpenAnswer(HttpOpenAnswer&& other) noexcept : opened_(std::exchange(other.opened_, nullptr)) {}
    HttpOpenAnswer& operator=(HttpOpenAnswer&&) = delete;
    ~HttpOpenAnswer() { give(wire::Code::going_away); }

    void give(Result<HttpStream, wire::Code> result) {
        if (auto opened = std::exchange(opened_, nullptr)) {
            opened(std::move(result));
        }
    }

private:
    HttpCarrier::Opened opened_;
};

}  // namespace ferrotunnel::directory
