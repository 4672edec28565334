// Visits to private services of other clients.
#include <system_error>
#include <utility>
#include <vector>

#include "api/client_impl.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "session/visit_plan.hpp"

namespace ferrotunnel {

namespace {

// "5432", ":5432" and "127.0.0.1:5432".
std::optional<runtime::SocketAddress> local_address_of(const std::string& text) {
    const bool is_port = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    std::optional<net::HostPort> place = net::parse_host_port(is_port ? ':' + text : text);
    if (!place) {
        return std::nullopt;
    }
    if (place->host.empty() || place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    return runtime::SocketAddress::from_ip(place->host, place->port);
}

}  // namespace

std::string Client::Impl::visit(Visit visit) {
    std::vector<Problem> problems;
    const std::size_t at = visit.service.find('@');
    auto plan = std::make_shared<session::VisitPlan>();
    plan->service = visit.service.substr(0, at);
    plan->token = at == std::string::npos ? std::string() : visit.service.substr(at + 1);
    const bool has_token = at == std::string::npos || !plan->token.empty();
    if (plan->service.empty() || !has_token || visit.service.size() > limits::open_host_max ||
        !is_printable(visit.service)) {
        problems.push_back({"service", "\"" + printable(visit.service, 100) +
                                           "\" is no name of a service; expected one like db, or db@alice for one of "
                                           "another token's client"});
    }
    const std::optional<runtime::SocketAddress> local = local_address_of(visit.local);
    if (!local) {
        problems.push_back({"local", "\"" + printable(visit.local, 100) +
                                         "\" is no address to listen on; expected a port (5432), or an IP address "
                                         "and a port (127.0.0.1:5432)"});
    }
    if (visit.key.empty()) {
        problems.push_back({"key", "is missing: the one that the service's client has"});
    }
    if (!problems.empty()) {
        throw config_error(std::move(problems));
    }
    plan->seal = std::make_shared<const transport::SealContext>(transport::SealContext::End::visitor, visit.key.bytes(),
                                                                plan->service);
    std::error_code error;
    auto listener = std::make_shared<runtime::Fd>(runtime::listen_on(*local, error));
    if (error) {
        throw std::system_error(error, "listen on " + local->text());
    }
    const std::string where = runtime::local_address(listener->get()).text();
    {
        const std::lock_guard lock(mutex_);
        if (closed_ || stopped_ || stop_error_) {
            throw std::system_error(stop_error_ ? stop_error_ : make_error_code(errc::session_closed), "add a visit");
        }
        worker_.post([this, plan, listener]() noexcept { link_->visit(plan, std::move(*listener)); });
    }
    log_.info("visits reach a private service of another client", {{"at", where}, {"service", plan->text()}});
    return where;
}

}  // namespace ferrotunnel
