#include "tunnel/dial.hpp"

#include <array>
#include <new>
#include <utility>

#include "runtime/connector.hpp"
#include "transport/tls_pipe.hpp"
#include "tunnel/pipe_pump.hpp"
#include "tunnel/visitor_address.hpp"

namespace ferrotunnel::tunnel {
namespace {

using runtime::Connector;

// What is told of one connection, and to whom.
struct Dial {
    std::shared_ptr<const ClientService> service;
    wire::Address visitor;
    Logger& log;

    const Backend& backend() const noexcept { return service->backend; }
    void failed(const std::string& why) const {
        log.warn("the backend of a service can not be reached",
                 {{"service", service->name}, {"backend", backend().text}, {"why", why}});
    }
};

// The header goes before the first byte, also before TLS. A socket that was just connected has room for it.
bool send_proxy_header(const Dial& dial, int fd) {
    wire::ProxyHeader header;
    header.source = dial.visitor;
    header.destination = visitor_address(runtime::peer_address(fd));
    if (header.destination.family == 0) {
        header.destination.family = header.source.family;  // a unix socket has no address
    }
    std::array<std::uint8_t, wire::proxy_written_max> bytes;
    const std::size_t size = *dial.backend().proxy == wire::ProxyVersion::v1
                                 ? wire::write_proxy_v1(header, bytes.data())
                                 : wire::write_proxy_v2(header, bytes.data());
    return runtime::write_some(fd, Bytes(bytes.data(), size)).bytes == size;
}

std::unique_ptr<Connector> connect_to(runtime::Worker& worker, const BackendPlace& place,
                                      Connector::Callback connected) {
    Connector::Options options;
    options.deadline = limits::backend_connect_deadline;
    options.per_address = options.deadline;
    if (!place.unix_path.empty()) {
        return std::make_unique<Connector>(worker, runtime::UnixPath{place.unix_path}, std::move(connected), options);
    }
    return std::make_unique<Connector>(worker, place.at, std::move(connected), options);
}

// `take` gets the socket when everything in front of the stream's first byte is said.
template <typename Pump, typename Take>
void dial_by(runtime::Worker& worker, const std::shared_ptr<const Dial>& dial, const IntrusivePtr<Pump>& pump,
             IntrusivePtr<mux::Stream> stream, Take take) {
    stream->attach(pump, false);
    pump->set_stream(std::move(stream));
    // The connector lives in the pump's cancel function: it goes when the visitor does, or when it has answered.
    auto connector = std::make_shared<std::unique_ptr<Connector>>();
    pump->on_cancel([connector] { connector->reset(); });
    auto connected = [pump, dial, take = std::move(take)](std::error_code error, runtime::Fd socket) {
        if (error) {
            dial->failed(error.message());
            pump->refuse(error == std::errc::timed_out ? wire::Code::timeout : wire::Code::refused);
            return;
        }
        if (dial->backend().place.unix_path.empty()) {
            auto address = runtime::SocketAddress::from_ip(dial->backend().place.at);
            set_pumped_socket_options(socket.get(), address && address->is_loopback());
        }
        if (dial->backend().proxy && !send_proxy_header(*dial, socket.get())) {
            dial->failed("it does not take the header of the PROXY protocol");
            pump->refuse(wire::Code::refused);
            return;
        }
        take(std::move(socket));
    };
    *connector = connect_to(worker, dial->backend().place, connected);
    if (runtime::Fd socket = (*connector)->take_connected()) {
        connected({}, std::move(socket));
    }
}

}  // namespace

void dial_backend(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                  IntrusivePtr<mux::Stream> stream, const wire::Address& visitor, std::shared_ptr<Traffic> traffic,
                  Logger& log) {
    auto dial = std::make_shared<const Dial>(Dial{std::move(service), visitor, log});
    if (!dial->backend().tls) {
        auto pump = make_intrusive<SocketPump>(worker, std::move(traffic));
        auto take = [pump, stream](runtime::Fd socket) {
            stream->accept();
            pump->set_socket(std::move(socket));
        };
        dial_by(worker, dial, pump, std::move(stream), std::move(take));
        return;
    }
    auto pump = make_intrusive<PipePump>(worker, std::move(traffic));
    auto take = [pump, dial, deadline = worker.now() + limits::backend_connect_deadline](runtime::Fd socket) {
        try {
            pump->set_pipe(transport::make_tls_pipe(std::move(socket), dial->backend().tls), deadline,
                           [dial](const std::string& why) { dial->failed(why); });
        } catch (const std::bad_alloc&) {
            pump->refuse(wire::Code::busy);
        }
    };
    dial_by(worker, dial, pump, std::move(stream), std::move(take));
}

}  // namespace ferrotunnel::tunnel
