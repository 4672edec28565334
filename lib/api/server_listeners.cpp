#include "api/server_listeners.hpp"

#include <filesystem>
#include <utility>

#include "net/host_port.hpp"

namespace ferrotunnel::detail {
namespace {

// How to get a port that is in use or not permitted.
std::string remedy_for(std::error_code why) {
    if (why == std::errc::address_in_use) {
        return "stop the program that uses the port (`ss -ltnp` as root shows it), or set another address";
    }
    std::error_code unknown;
    const std::string program = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
    return "`setcap cap_net_bind_service=+ep " + (unknown ? "PROGRAM" : program) +
           "`, AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or a systemd socket unit for the port";
}

}  // namespace

runtime::Fd ServerListeners::open(const std::string& bind, Endpoint endpoint, std::error_code& error) {
    const auto at = *runtime::SocketAddress::from_ip(*net::parse_host_port(bind));
    return needs_.shared->ports->passed()->listen_on(at, error, name_of(endpoint));
}

runtime::Fd ServerListeners::open_optional(const EdgePort& port, std::error_code& error) {
    if (port.bind.empty()) {
        return {};
    }
    runtime::Fd listener = open(port.bind, port.endpoint, error);
    const bool may_fall_back = error == std::errc::address_in_use || error == std::errc::permission_denied;
    if (!listener && may_fall_back && !port.fallback.empty()) {
        listener = open_fallback(port, error);
    }
    if (!listener && !port.needed) {
        needs_.log.warn(std::string("cannot listen for ") + port.what + ": visitors are not accepted there",
                        {{"at", port.bind}, {"why", error.message()}});
        error.clear();
    }
    return listener;
}

// `error`: why the address itself cannot be used; it stays if the fallback cannot either.
runtime::Fd ServerListeners::open_fallback(const EdgePort& port, std::error_code& error) {
    std::error_code second;
    runtime::Fd listener = open(port.fallback, port.endpoint, second);
    if (!listener) {
        return listener;
    }
    needs_.log.warn(
        std::string("cannot listen for ") + port.what +
            " at the standard port, so another one is used: "
            "unless the standard port is forwarded to it, visitors have to name it in URLs, and a CA cannot "
            "validate names by it",
        {{"at", port.bind}, {"why", error.message()}, {"instead", port.fallback}, {"remedy", remedy_for(error)}});
    error.clear();
    return listener;
}

runtime::SocketAddress ServerListeners::announce(const runtime::Fd& listener, Endpoint endpoint) {
    const runtime::SocketAddress at = runtime::local_address(listener.get());
    needs_.shared->registry->reserve(at.port());
    needs_.endpoints.add(endpoint, listener);
    return at;
}

void ServerListeners::announce_clients(const runtime::Fd& listener) {
    if (listener) {
        (void)announce(listener, Endpoint::clients);
    }
    needs_.log.info("listening for clients", {{"at", needs_.endpoints.address(Endpoint::clients)},
                                              {"tls", needs_.shared->tls.get() != nullptr}});
}

void ServerListeners::accept_clients(runtime::Fd listener) {
    if (!listener) {
        return;
    }
    auto socket = std::make_shared<runtime::Fd>(std::move(listener));
    needs_.workers.at(0).post([this, socket]() noexcept {
        runtime::Acceptor::Handlers handlers;
        handlers.on_accept = [this](runtime::Fd accepted, const runtime::SocketAddress& from) {
            needs_.sessions.admit(std::move(accepted), from);
        };
        handlers.on_accept_error = [this](std::error_code why) {
            needs_.log.error("accepting a client failed; trying again", {{"why", why.message()}});
        };
        clients_ = std::make_unique<runtime::Acceptor>(needs_.workers.at(0), std::move(*socket), std::move(handlers));
    });
}

void ServerListeners::accept_connect(runtime::Fd listener, const net::IpNetworks& proxies) {
    const runtime::SocketAddress at = announce(listener, Endpoint::connect);
    needs_.log.info("listening for visitors by CONNECT", {{"at", at.text()}});
    if (!at.is_loopback()) {
        needs_.log.warn("the CONNECT port is reachable from other machines, and tokens are sent to it without TLS",
                        {{"at", at.text()}});
    }
    auto socket = std::make_shared<runtime::Fd>(std::move(listener));
    needs_.workers.at(0).post([this, socket, proxies]() noexcept {
        runtime::Worker& worker = needs_.workers.at(0);
        ingress::ConnectPort::Settings settings;
        settings.proxies = proxies;
        settings.decide = [this, &worker](const ingress::ConnectRequest& ask, const runtime::SocketAddress& from) {
            return needs_.connect.decide(ask, from, worker.now());
        };
        connect_ = std::make_unique<ingress::ConnectPort>(worker, std::move(*socket), std::move(settings), needs_.log);
    });
}

void ServerListeners::admit(runtime::Fd socket, const runtime::SocketAddress& from) {
    needs_.workers.at(0).post([this, from, shared = std::make_shared<runtime::Fd>(std::move(socket))] {
        needs_.sessions.admit(std::move(*shared), from);
    });
}

void ServerListeners::close() {
    (void)close_mail_->post(*needs_.workers.at(0).mailbox(), this);
}

void ServerListeners::close_to_clients() {
    (void)close_clients_mail_->post(*needs_.workers.at(0).mailbox(), this);
}

void ServerListeners::cut_off() {
    if (needs_.workers.at(0).here() && clients_) {
        clients_->close();
        connect_.reset();
    }
}

void ServerListeners::shut_down() {
    clients_.reset();
    connect_.reset();
}

}  // namespace ferrotunnel::detail
