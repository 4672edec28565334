#include "tunnel/dial.hpp"

#include "runtime/connector.hpp"

namespace ferrotunnel::tunnel {

void dial_backend(runtime::Worker& worker, const runtime::HostPort& to, const std::string& service,
                  IntrusivePtr<mux::Stream> stream, std::shared_ptr<Traffic> traffic, Logger& log) {
    auto pump = make_intrusive<SocketPump>(worker, std::move(traffic));
    stream->attach(pump, false);
    pump->set_stream(stream);
    runtime::Connector::Options options;
    options.deadline = limits::backend_connect_deadline;
    options.per_address = options.deadline;
    // The connector lives in the pump's cancel function: it goes when the visitor does, or when it has answered.
    auto connector = std::make_shared<std::unique_ptr<runtime::Connector>>();
    pump->on_cancel([connector] { connector->reset(); });
    auto address = runtime::SocketAddress::from_ip(to);
    bool local = address && address->is_loopback();
    auto connected = [pump, stream, service, to, local, &log](std::error_code error, runtime::Fd socket) {
        if (error) {
            log.warn("the backend of a service can not be reached",
                     {{"service", service}, {"backend", runtime::to_text(to)}, {"why", error.message()}});
            pump->refuse(error == std::errc::timed_out ? wire::Code::timeout : wire::Code::refused);
            return;
        }
        stream->accept();
        set_pumped_socket_options(socket.get(), local);
        pump->set_socket(std::move(socket));
    };
    *connector = std::make_unique<runtime::Connector>(worker, to, connected, options);
    if (runtime::Fd socket = (*connector)->take_connected()) {
        connected({}, std::move(socket));
    }
}

}  // namespace ferrotunnel::tunnel
