#include "peers/forwarded_visitor.hpp"

#include <exception>
#include <optional>

#include "peers/link.hpp"
#include "runtime/address.hpp"
#include "trunk/counted_traffic.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::peers {

using wire::Code;

namespace {

bool pass_on_forwarded(directory::Visitor& visitor, const PeerCarrier& from) {
    const std::shared_ptr<directory::SharedPort> port = visitor.port;
    return port && port->pass_on(visitor, from);
}

bool pass_on_forwarded(directory::TlsVisitor& visitor, const PeerCarrier& from) {
    return directory::pass_on(visitor, from);
}

IntrusivePtr<trunk::TrafficCounter> forwarded_traffic(directory::Visitor& visitor, const Link& link) {
    if (auto watched = std::exchange(visitor.watched, nullptr)) {
        watched->total = link.traffic();
        return watched;
    }
    return link.traffic();
}

// With the ticket: the visitor counts towards the edge's caps as long as it exists.
IntrusivePtr<trunk::TrafficCounter> forwarded_traffic(directory::TlsVisitor& visitor, const Link& link) {
    return trunk::counted_with(link.traffic(), visitor.ticket);
}

// A visitor whose bytes stay in its socket until the other member has a client for it. The stream keeps it alive. No
// byte was read before, so an attempt that fails changes nothing for the visitor.
template <typename AnyVisitor>
class ForwardedVisitor final : public buffer::Waker, private runtime::Deadline {
public:
    ForwardedVisitor(Link& link, std::shared_ptr<PeerCarrier> from, AnyVisitor visitor,
                     std::atomic<std::uint64_t>& forwarded)
        : worker_(link.worker()),
          traffic_(forwarded_traffic(visitor, link)),
          from_(std::move(from)),
          forwarded_(forwarded),
          visitor_(std::move(visitor)) {}

    void begin(Link& link, const mux::Session::OpenRequest& request) {
        auto stream = link.open(request, IntrusivePtr<buffer::Waker>(this), false);
        if (stream) {
            stream_ = std::move(*stream);
            link.watch_opening(*this);
            wake();
        } else {
            pass_on();
        }
    }

    void wake() noexcept override {
        if (pump_) {
            pump_->wake();
            return;
        }
        const IntrusivePtr<ForwardedVisitor> keep(this);
        try {
            while (stream_ && !step() && !stream_->try_park_receive()) {
            }
        } catch (const std::exception&) {
            // No memory: the visitor's connection is reset.
            Deadline::cancel();
            if (const auto stream = std::exchange(stream_, nullptr)) {
                stream->abort(Code::internal);
            }
            visitor_.reset();
        }
    }

private:
    // True if it no longer waits.
    bool step() {
        if (const mux::StreamEnd end = stream_->stream_end()) {
            give_up(end.kind == mux::StreamEnd::Kind::lost ? Code::going_away : end.code);
        } else if (stream_->accepted()) {
            join();
        } else if (const mux::StreamItem* const item = stream_->front();
                   item != nullptr && item->kind == mux::StreamItem::Kind::reset) {
            give_up(item->code);
        } else {
            return false;
        }
        return true;
    }

    void give_up(Code code) {
        Deadline::cancel();
        const IntrusivePtr<mux::Stream> stream = std::exchange(stream_, nullptr);
        stream->abort(Code::cancelled);
        if (code == Code::unknown_service || code == Code::busy || code == Code::going_away) {
            pass_on();
        } else {
            visitor_.reset();  // its connection is reset
        }
    }

    // As without a link: nothing of the visitor was sent.
    void on_deadline() noexcept override {
        const IntrusivePtr<ForwardedVisitor> keep(this);
        try {
            give_up(Code::going_away);
        } catch (const std::exception&) {
            visitor_.reset();  // no memory
        }
    }

    void pass_on() {
        (void)pass_on_forwarded(*visitor_, *from_);  // without another carrier its connection is reset
        visitor_.reset();
    }

    void join() {
        Deadline::cancel();
        auto pump = make_intrusive<trunk::SocketPump>(worker_, traffic_);
        runtime::Fd socket = std::move(visitor_->socket);
        visitor_.reset();
        forwarded_.fetch_add(1, std::memory_order_relaxed);
        pump_ = pump;
        pump->set_stream(std::exchange(stream_, nullptr));
        pump->set_socket(std::move(socket));
    }

    runtime::Worker& worker_;
    const IntrusivePtr<trunk::TrafficCounter> traffic_;
    const std::shared_ptr<PeerCarrier> from_;
    std::atomic<std::uint64_t>& forwarded_;  // of `from_`
    std::optional<AnyVisitor> visitor_;      // until it is joined with its stream, or has failed
    IntrusivePtr<mux::Stream> stream_;       // likewise
    IntrusivePtr<trunk::SocketPump> pump_;   // afterwards
};

// Counts a stream of the edge as long as it exists.
class ForwardedHttpCount final : public directory::HttpStreamCount {
public:
    explicit ForwardedHttpCount(IntrusivePtr<trunk::Traffic> traffic) : traffic_(std::move(traffic)) {
        traffic_->opened();
    }
    ~ForwardedHttpCount() override {
        traffic_->stopped_sending();
        traffic_->closed();
    }

private:
    const IntrusivePtr<trunk::Traffic> traffic_;
};

// The endpoint half is on a worker of its own. "Not here" arrives when the visitor has its stream already, which then
// ends: the next datagram of a UDP visitor tries again; a relay tells the visiting client.
bool forward_distant(Link& link, const mux::Session::OpenRequest& request,
                     const IntrusivePtr<directory::DistantVisitor>& distant) {
    auto stream = link.open(request, distant, true);
    if (!stream) {
        return false;
    }
    link.traffic()->opened();
    distant->opened(std::move(*stream), link.traffic(), nullptr);
    return true;
}

}  // namespace

void forward_visitor(Link& link, const std::shared_ptr<PeerCarrier>& from, directory::Visitor visitor,
                     std::atomic<std::uint64_t>& forwarded) {
    mux::Session::OpenRequest request;
    request.visitor = runtime::visitor_address(visitor.from);
    if (visitor.port) {
        request.service = visitor.port->address().port();
        request.kind =
            visitor.port->transport() == directory::Transport::udp ? wire::ServiceKind::udp : wire::ServiceKind::tcp;
    }
    if (!visitor.distant) {
        make_intrusive<ForwardedVisitor<directory::Visitor>>(link, from, std::move(visitor), forwarded)
            ->begin(link, request);
    } else if (forward_distant(link, request, visitor.distant)) {
        visitor.distant = nullptr;
        forwarded.fetch_add(1, std::memory_order_relaxed);
    } else {
        (void)pass_on_forwarded(visitor, *from);  // without another carrier it is refused
    }
}

void forward_visitor(Link& link, const std::shared_ptr<PeerCarrier>& from, directory::TlsVisitor visitor,
                     std::atomic<std::uint64_t>& forwarded) {
    VisitorHeader header;
    header.host = visitor.host;
    const std::vector<std::uint8_t> metadata = encode_visitor_header(header);
    mux::Session::OpenRequest request;
    request.kind = wire::ServiceKind::tls;
    request.visitor = visitor.from;
    request.metadata = metadata;
    make_intrusive<ForwardedVisitor<directory::TlsVisitor>>(link, from, std::move(visitor), forwarded)
        ->begin(link, request);
}

Result<directory::HttpStream, Code> forward_http(Link& link, const directory::HttpVisitor& visitor,
                                                 IntrusivePtr<buffer::Waker> waker, bool foreign) {
    VisitorHeader header;
    header.https = visitor.https;
    header.trusted = visitor.trusted;
    header.key_group = visitor.key_group;
    header.certificate = visitor.certificate;
    const std::vector<std::uint8_t> metadata = encode_visitor_header(header);
    mux::Session::OpenRequest request;
    request.kind = wire::ServiceKind::http;
    request.visitor = visitor.address;
    request.metadata = metadata;
    auto stream = link.open(request, std::move(waker), foreign);
    if (!stream) {
        return stream.error() == Code::busy ? Code::busy : Code::going_away;
    }
    return directory::HttpStream{std::move(*stream), std::make_shared<ForwardedHttpCount>(link.traffic())};
}

}  // namespace ferrotunnel::peers
