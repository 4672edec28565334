// Addresses for HTTP visitors that come and go while the Server runs.
#include <utility>

#include "api/limits.hpp"
#include "api/make_facade.hpp"
#include "api/server_impl.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel {

std::string Server::Impl::add_listener(Visitors visitors, const std::string& address) {
    const auto place = net::parse_host_port(address);
    const auto at = place ? runtime::SocketAddress::from_ip(*place) : std::nullopt;
    if (!at) {
        throw config_error(
            {{"address", '"' + address + "\" is not a valid address to listen on; expected one like 0.0.0.0:8080"}});
    }
    const std::string what = "listen on " + address;
    const Change change(*this, what.c_str());
    if (!lifecycle_.started()) {
        throw std::system_error(errc::not_running, what);
    }
    const bool by_tls = visitors == Visitors::https;
    if (!http_ || !(by_tls ? shared_->https_public : shared_->http_public)) {
        throw std::system_error(errc::unsupported, what + ": the server takes no such visitors");
    }
    if (added_listeners_.size() >= limits::added_listeners_max) {
        throw std::system_error(errc::busy, what);
    }
    std::error_code error;
    runtime::Fd listener = runtime::listen_on(*at, error);
    if (!listener) {
        throw std::system_error(error, what);
    }
    const runtime::SocketAddress chosen = runtime::local_address(listener.get());
    added_listeners_.insert(chosen.text());
    try {
        http_->listen(std::move(listener), by_tls ? tls_listener() : plain_listener());
    } catch (...) {
        added_listeners_.erase(chosen.text());
        throw;
    }
    log_.info(by_tls ? "listening for HTTPS visitors, too" : "listening for HTTP visitors, too",
              {{"at", chosen.text()}});
    return chosen.text();
}

bool Server::Impl::remove_listener(const std::string& address) {
    const Change change(*this, "remove a listener");
    const auto found = added_listeners_.find(address);
    if (found == added_listeners_.end()) {
        return false;
    }
    http_->close(address);
    added_listeners_.erase(found);
    log_.info("no longer listening for visitors", {{"at", address}});
    return true;
}

std::string Server::add_listener(Visitors visitors, const std::string& address) {
    return detail::engine_of(impl_, "Server").add_listener(visitors, address);
}

bool Server::remove_listener(const std::string& address) {
    return detail::engine_of(impl_, "Server").remove_listener(address);
}

}  // namespace ferrotunnel
