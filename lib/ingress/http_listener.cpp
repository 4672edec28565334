#include "ingress/http_listener.hpp"

#include <array>
#include <utility>

#include "ingress/http_connection.hpp"
#include "transport/tcp_pipe.hpp"
#include "tunnel/socket_pump.hpp"
#include "tunnel/visitor_address.hpp"

namespace ferrotunnel::ingress {

namespace {

constexpr std::string_view too_many =
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nX-FerroTunnel-Error: over_limit\r\n"
    "Content-Type: text/plain\r\nContent-Length: 21\r\nConnection: close\r\n\r\ntoo many connections\n";

// Best effort: nothing is waited for, so who has not sent its request yet may see a reset.
void answer_too_many(runtime::Fd socket) noexcept {
    std::array<std::uint8_t, 4096> thrown_away;
    for (int i = 0; i < 16 && runtime::read_some(socket.get(), MutableBytes(thrown_away)).bytes > 0; ++i) {
    }
    (void)runtime::write_some(socket.get(), as_bytes(too_many));
    (void)runtime::shutdown_send(socket.get());
}

runtime::Fd with_options(runtime::Fd listener) {
    tunnel::set_pumped_socket_options(listener.get());
    return listener;
}

}  // namespace

/// What a visitor's worker needs of the listener, which may be gone by then.
struct HttpListener::Shared {
    Settings settings;
    std::uint16_t port = 0;
};

HttpListener::HttpListener(runtime::Worker& worker, runtime::Fd listener, Settings settings,
                           std::vector<std::shared_ptr<EdgeWorker>> edges, std::shared_ptr<tunnel::AdmissionGate> gate)
    : worker_(worker),
      shared_([&] {
          const std::uint16_t port = runtime::local_address(listener.get()).port();
          const std::uint16_t shown = settings.public_port != 0 ? settings.public_port : port;
          return std::make_shared<const Shared>(Shared{std::move(settings), shown});
      }()),
      edges_(std::move(edges)),
      gate_(std::move(gate)),
      acceptor_(worker, with_options(std::move(listener)),
                {[this](runtime::Fd socket, const runtime::SocketAddress& from) { on_accept(std::move(socket), from); },
                 [this](std::error_code why) {
                     edges_.front()->log.error("accepting a visitor failed; trying again", {{"why", why.message()}});
                 }}) {}

HttpListener::~HttpListener() = default;

std::size_t HttpListener::choose() noexcept {
    std::size_t best = turn_++ % edges_.size();
    for (std::size_t i = 1; i < edges_.size(); ++i) {
        const std::size_t at = (best + i) % edges_.size();
        if (edges_[at]->load() < edges_[best]->load()) {
            best = at;
        }
    }
    return best;
}

void HttpListener::on_accept(runtime::Fd socket, const runtime::SocketAddress& from) {
    EdgeCounters& counters = edges_.front()->counters;
    std::shared_ptr<void> ticket = gate_->enter(tunnel::network_of(from));
    if (!ticket) {
        EdgeCounters::add(counters.connections_refused);
        edges_.front()->log.debug("a visitor was refused: too many connections", {{"visitor", from.ip()}});
        if (!shared_->settings.https) {
            answer_too_many(std::move(socket));
        }
        return;
    }
    const std::shared_ptr<EdgeWorker>& edge = edges_[choose()];
    edge->on_the_way();
    auto begin = [edge, shared = shared_, ticket = std::move(ticket), from,
                  fd = std::make_shared<runtime::Fd>(std::move(socket))]() mutable noexcept {
        try {
            VisitorFacts visitor;
            visitor.address = from.ip();
            visitor.wire = tunnel::visitor_address(from);
            visitor.port = shared->port;
            visitor.https = shared->settings.https;
            visitor.trusted = edge->shared->is_trusted && edge->shared->is_trusted(visitor.address);
            const PipeMaker& make = shared->settings.make_pipe;
            auto pipe =
                make ? make(std::move(*fd)) : transport::make_tcp_pipe(std::move(*fd), transport::TcpPipeSide::visitor);
            if (pipe && shared->settings.may_serve) {
                visitor.may_serve = [shared, &on = *pipe](std::string_view host) {
                    return shared->settings.may_serve(on, host);
                };
            }
            if (pipe) {
                (void)make_intrusive<HttpConnection>(*edge, std::move(pipe), std::move(visitor), std::move(ticket))
                    ->start();
            }
        } catch (const std::exception& problem) {
            edge->log.error("a visitor could not be taken", {{"visitor", from.ip()}, {"why", problem.what()}});
        }
        edge->arrived();
    };
    if (edge->worker.here()) {
        begin();
    } else {
        edge->worker.post(std::move(begin));
    }
}

}  // namespace ferrotunnel::ingress
