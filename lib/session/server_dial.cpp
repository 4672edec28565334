#include "session/server_dial.hpp"

#include <utility>

#include "session/client_shared.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel::session {

ServerDial::ServerDial(runtime::Worker& worker, const ServerTarget& server, Duration deadline, Callback callback) {
    check_here(worker);
    runtime::Connector::Options options;
    options.deadline = deadline;
    auto connected = [tls = server.access.tls, callback = std::move(callback)](const std::string& problem,
                                                                               runtime::Fd socket) {
        std::unique_ptr<transport::Pipe> pipe;
        if (problem.empty()) {
            pipe = tls ? transport::make_tls_pipe(std::move(socket), tls)
                       : transport::make_tcp_pipe(std::move(socket), transport::TcpPipeSide::client);
        }
        callback(problem, std::move(pipe));
    };
    if (const auto& proxy = server.access.proxy) {
        through_proxy_ =
            std::make_unique<runtime::ProxyConnector>(worker, *proxy, server.address, std::move(connected), options);
        return;
    }
    auto tell = [connected = std::move(connected)](std::error_code error, runtime::Fd socket) {
        connected(error ? error.message() : std::string(), std::move(socket));
    };
    straight_ = std::make_unique<runtime::Connector>(worker, server.address, std::move(tell), options);
}

}  // namespace ferrotunnel::session
