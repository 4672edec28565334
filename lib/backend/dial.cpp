#include "backend/dial.hpp"

#include <array>
#include <new>
#include <utility>

#include "backend/head_wait.hpp"
#include "backend/host_watch.hpp"
#include "backend/http2_stream.hpp"
#include "backend/serve_exit.hpp"
#include "backend/serve_files.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "runtime/connector.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_pipe.hpp"
#include "trunk/counted_traffic.hpp"
#include "trunk/pipe_pump.hpp"
#include "trunk/sealed_pump.hpp"

namespace ferrotunnel::backend {
namespace {

using runtime::Connector;

// One connection to a backend, and how it is reported.
struct Dial {
    runtime::Worker& worker;
    std::shared_ptr<const ClientService> service;
    net::Address visitor;
    DialShared shared;
    bool may_loop = false;                               // to a public port of this client
    std::unique_ptr<SelfLoopDetector::Watch> watched{};  // the connection, if it may

    const Backend& backend() const noexcept { return service->backend; }
    BackendState::Names names() const noexcept { return {service->name, backend().text}; }
    void failed(const std::string& why) const {
        service->backend_state->failed(names(), why, worker.now(), shared.log);
    }
    void answered() const { service->backend_state->answered(names(), worker.now(), shared.log); }
    void connected(int fd) {
        if (may_loop) {
            watched = shared.self_loop_detector->watch(runtime::visitor_address(runtime::local_address(fd)),
                                                       runtime::visitor_address(runtime::peer_address(fd)));
        }
    }
};

// The counter that the pump holds as long as the connection lasts; if that may lead back, it keeps the Dial's watch
// too.
IntrusivePtr<trunk::TrafficCounter> traffic_of(const std::shared_ptr<Dial>& dial) {
    return trunk::counted_with(dial->shared.traffic, dial->may_loop ? dial : nullptr);
}

// The tap that records the connection; null without recording.
std::unique_ptr<Tap> tap_for(const ClientService& service, const net::Address& visitor, const DialShared& shared,
                             TimePoint now) {
    if (!shared.inspector) {
        return nullptr;
    }
    inspect::Origin origin{service.name, service.backend.text, {}, shared.record_id, shared.replay_of, now};
    if (service.kind == wire::ServiceKind::http) {
        return shared.inspector->http_tap(std::move(origin));  // without a visitor: each request names its own
    }
    const std::string ip = net::ip_text(visitor);
    if (!ip.empty()) {
        origin.visitor = (visitor.family == 6 ? '[' + ip + ']' : ip) + ':' + std::to_string(visitor.port);
    }
    return shared.inspector->connection_tap(std::move(origin));
}

// Sends the PROXY header before the first byte, even before TLS. A newly connected socket has room for it.
bool send_proxy_header(const Dial& dial, int fd) {
    net::ProxyHeader header;
    header.source = dial.visitor;
    header.destination = runtime::visitor_address(runtime::peer_address(fd));
    if (header.destination.family == 0) {
        header.destination.family = header.source.family;  // a unix socket has no address
    }
    std::array<std::uint8_t, net::proxy_written_max> bytes;
    const std::size_t size = *dial.backend().proxy == net::ProxyVersion::v1 ? net::write_proxy_v1(header, bytes.data())
                                                                            : net::write_proxy_v2(header, bytes.data());
    return runtime::write_some(fd, Bytes(bytes.data(), size)).bytes == size;
}

std::unique_ptr<Connector> connect_to(runtime::Worker& worker, const BackendAddress& place,
                                      Connector::Callback connected) {
    Connector::Options options;
    options.deadline = limits::backend_connect_deadline;
    if (!place.unix_path.empty()) {
        return std::make_unique<Connector>(worker, runtime::UnixPath{place.unix_path}, std::move(connected), options);
    }
    return std::make_unique<Connector>(worker, place.at, std::move(connected), options);
}

template <typename Pump>
void attach(const Dial& dial, const IntrusivePtr<Pump>& pump, IntrusivePtr<mux::Stream> stream) {
    pump->set_tap(watch_host(dial.service, tap_for(*dial.service, dial.visitor, dial.shared, dial.worker.now()),
                             dial.shared.log));
    stream->attach(pump, false);
    pump->set_stream(std::move(stream));
}

// Refuses the stream, since the backend could not be reached. If `stream` is there and its request is recorded, the
// head comes first.
template <typename Pump>
void refuse(const Dial& dial, const IntrusivePtr<Pump>& pump, const IntrusivePtr<mux::Stream>& stream,
            std::error_code error) {
    const std::string why = error.message();
    dial.failed(why);
    auto over = [pump, why, code = error == std::errc::timed_out ? wire::Code::timeout : wire::Code::refused] {
        pump->refuse(code, why);
    };
    const bool is_recorded = dial.shared.inspector && dial.service->kind == wire::ServiceKind::http;
    if (!is_recorded || !stream || stream->front() != nullptr) {
        over();
        return;
    }
    auto wait =
        std::make_shared<std::unique_ptr<HeadWait>>(std::make_unique<HeadWait>(dial.worker, stream, std::move(over)));
    pump->on_cancel([wait] { wait->reset(); });
}

// Connects; `take` gets the socket once everything that precedes the stream's first byte was sent.
template <typename Pump, typename Take>
void dial_by(runtime::Worker& worker, const std::shared_ptr<Dial>& dial, const IntrusivePtr<Pump>& pump,
             const IntrusivePtr<mux::Stream>& stream, Take take) {
    // The connector lives in the pump's cancel function: it ends with the visitor, or once it has finished.
    auto connector = std::make_shared<std::unique_ptr<Connector>>();
    pump->on_cancel([connector] { connector->reset(); });
    auto connected = [pump, dial, stream, take = std::move(take)](std::error_code error, runtime::Fd socket) {
        if (error) {
            refuse(*dial, pump, stream, error);
            return;
        }
        dial->connected(socket.get());
        if (dial->backend().place.unix_path.empty()) {
            trunk::set_pumped_socket_options(socket.get(), runtime::is_loopback(dial->backend().place.at));
        }
        if (dial->backend().proxy && !send_proxy_header(*dial, socket.get())) {
            static const std::string why = "it does not read the PROXY protocol header";
            dial->failed(why);
            pump->refuse(wire::Code::refused, why);
            return;
        }
        take(std::move(socket));
    };
    *connector = connect_to(worker, dial->backend().place, connected);
    if (runtime::Fd socket = (*connector)->take_connected()) {
        connected({}, std::move(socket));
    }
}

// Takes a visit from another client: the backend is dialled when the visitor has proved the key, and not before.
void take_visit(runtime::Worker& worker, const std::shared_ptr<Dial>& dial, IntrusivePtr<mux::Stream> stream) {
    PermitPtr ticket = dial->service->seal->begin_handshake();
    if (!ticket) {
        log_refused_visit(*dial->service, too_many_handshakes_text, worker.now(), dial->shared.log);
        stream->abort(wire::Code::busy);
        return;
    }
    struct Place {
        trunk::SealedPump* pump = nullptr;  // the caller, and so still there
        bool proved = false;
    };
    auto place = std::make_shared<Place>();
    auto outcome = [&worker, dial, place](const std::string& why) {
        if (!why.empty()) {
            if (!place->proved) {
                log_refused_visit(*dial->service, why, worker.now(), dial->shared.log);
            }
            return;
        }
        place->proved = true;
        const IntrusivePtr<trunk::SealedPump> pump(place->pump);
        dial_by(worker, dial, pump, nullptr, [pump, dial](runtime::Fd socket) {
            dial->answered();
            pump->set_socket(std::move(socket));
        });
    };
    auto pump = make_intrusive<trunk::SealedPump>(worker, traffic_of(dial), dial->service->seal,
                                                  worker.now() + limits::handshake_deadline, std::move(outcome),
                                                  std::move(ticket));
    place->pump = pump.get();
    stream->accept();
    attach(*dial, pump, std::move(stream));
    pump->wake();
}

void tell_failed_exchange(const Dial& dial, const std::string& why) {
    static constexpr LogCategory failed{"http2_exchanges_failed", limits::client_lines_per_second};
    if (dial.shared.log.may_write(LogLevel::info, failed, dial.worker.now())) {
        dial.shared.log.info("a backend did not complete its response",
                             {{"service", dial.service->name}, {"backend", dial.backend().text}, {"why", why}});
    }
}

// Speaks HTTP/2 to the backend. The stream is accepted when the backend has sent its first frame.
void dial_http2(runtime::Worker& worker, const std::shared_ptr<Dial>& dial, IntrusivePtr<mux::Stream> stream) {
    Http2Stream::Events events;
    events.outcome = [dial](const std::string& why) { why.empty() ? dial->answered() : dial->failed(why); };
    events.failed = [dial](const std::string& why) { tell_failed_exchange(*dial, why); };
    auto end = make_intrusive<Http2Stream>(worker, traffic_of(dial), std::move(events));
    auto take = [end, dial, deadline = worker.now() + limits::backend_connect_deadline](runtime::Fd socket) {
        const auto& tls = dial->backend().tls;
        try {
            end->set_pipe(tls ? transport::make_tls_pipe(std::move(socket), tls)
                              : transport::make_tcp_pipe(std::move(socket), transport::TcpPipeSide::visitor),
                          tls ? "https" : "http", deadline);
        } catch (const std::bad_alloc&) {
            end->refuse(wire::Code::busy, trunk::no_memory_text);
        }
    };
    attach(*dial, end, stream);
    dial_by(worker, dial, end, stream, std::move(take));
}

}  // namespace

void log_refused_visit(const ClientService& service, const std::string& why, TimePoint now, Logger& log) {
    static constexpr LogCategory refused{"visits_refused", limits::client_lines_per_second};
    if (log.may_write(LogLevel::warn, refused, now)) {
        log.warn("a visit was rejected", {{"service", service.name}, {"why", why}});
    }
}

void record_not_reached(const ClientService& service, const net::Address& visitor, const DialShared& shared,
                        std::string_view why, TimePoint now) {
    if (const std::unique_ptr<Tap> tap = tap_for(service, visitor, shared, now)) {
        tap->not_reached(why, {}, now);
        tap->over(now);
    }
}

void dial_backend(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                  IntrusivePtr<mux::Stream> stream, const net::Address& visitor, DialShared shared) {
    check_here(worker);
    if (service->backend.folder) {
        std::unique_ptr<Tap> tap = tap_for(*service, visitor, shared, worker.now());
        serve_files(worker, std::move(service), std::move(stream), std::move(shared), std::move(tap));
        return;
    }
    if (service->backend.exit) {
        serve_exit(worker, std::move(service), std::move(stream), visitor, std::move(shared));
        return;
    }
    auto dial = std::make_shared<Dial>(Dial{worker, std::move(service), visitor, std::move(shared)});
    const BackendAddress& place = dial->backend().place;
    dial->may_loop = place.unix_path.empty() && dial->shared.self_loop_detector->may_loop(place.at.port);
    if (dial->service->seal) {
        take_visit(worker, dial, std::move(stream));
        return;
    }
    if (place.http2) {
        dial_http2(worker, dial, std::move(stream));
        return;
    }
    if (!dial->backend().tls) {
        auto pump = make_intrusive<trunk::SocketPump>(worker, traffic_of(dial));
        auto take = [pump, stream, dial](runtime::Fd socket) {
            dial->answered();
            stream->accept();
            pump->set_socket(std::move(socket));
        };
        attach(*dial, pump, stream);
        dial_by(worker, dial, pump, stream, std::move(take));
        return;
    }
    auto pump = make_intrusive<trunk::PipePump>(worker, traffic_of(dial));
    auto take = [pump, dial, deadline = worker.now() + limits::backend_connect_deadline](runtime::Fd socket) {
        try {
            pump->set_pipe(transport::make_tls_pipe(std::move(socket), dial->backend().tls), deadline,
                           [dial](const std::string& why) { why.empty() ? dial->answered() : dial->failed(why); });
        } catch (const std::bad_alloc&) {
            pump->refuse(wire::Code::busy, trunk::no_memory_text);
        }
    };
    attach(*dial, pump, stream);
    dial_by(worker, dial, pump, stream, std::move(take));
}

}  // namespace ferrotunnel::backend
