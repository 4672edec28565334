#include "api/protected_endpoint_warnings.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "admin/search.hpp"
#include "backend/backend.hpp"
#include "base/text.hpp"
#include "exits/destinations.hpp"
#include "runtime/address.hpp"
#include "runtime/name_service.hpp"
#include "runtime/protected_endpoints.hpp"
#include "settings/client.hpp"
#include "settings/dashboard.hpp"

namespace ferrotunnel::detail {
namespace {

// A control socket is only there while its program runs, so its path has to be compared too.
bool is_same_socket(const std::string& dialled, const std::string& bound) {
    std::error_code error;
    const auto whole = [&error](const std::string& path) {
        return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
    };
    return dialled == bound || runtime::lead_to_one_file(dialled, bound) || (whole(dialled) == whole(bound) && !error);
}

struct Endpoints {
    std::vector<runtime::SocketAddress> dashboards;
    std::vector<std::string> sockets;

    void add(const CommonValues& settings, std::string_view side) {
        const runtime::SocketAddress at = dashboard_address(settings.dashboard, side);
        if (!at.empty() && settings.dashboard_token_file.empty()) {
            dashboards.push_back(at);
        }
        if (settings.control != control_off) {
            const bool is_usual = settings.control.empty() || settings.control == control_usual;
            sockets.push_back(is_usual ? admin::usual_path(side) : settings.control);
        }
    }
};

class Search {
public:
    Search(const Endpoints& endpoints, const std::string& file) : endpoints_(endpoints), file_(file) {}

    void managed(const std::vector<std::string>& targets) {
        const auto read = exits::Destinations::parse(targets);
        for (const runtime::SocketAddress& at : endpoints_.dashboards) {
            if (read && read->allow(runtime::visitor_address(at), at.port())) {
                found("client.managed", "", at.text());
            }
        }
    }

    void exit(const Tcp& tcp) {
        const auto read = exits::Destinations::parse(tcp.allow);
        for (const runtime::SocketAddress& at : endpoints_.dashboards) {
            if (read && read->name(runtime::visitor_address(at), at.port())) {
                found("client.services", "`allow` of " + in_quotes(tcp.name) + ' ', at.text());
            }
        }
    }

    template <typename Services>
    void services(const Services& all) {
        for (const auto& service : all) {
            for (const wire::ServiceKind kind : {wire::ServiceKind::http, wire::ServiceKind::tcp}) {
                if (const auto place = backend::parse_backend_address(service.local, kind); place) {
                    backend(in_quotes(service.name) + ' ', *place);
                    break;
                }
            }
        }
    }

    std::vector<Problem> take() { return std::move(warnings_); }

private:
    void backend(const std::string& service, const backend::BackendAddress& place) {
        for (const std::string& path : endpoints_.sockets) {
            if (!place.unix_path.empty() && is_same_socket(place.unix_path, path)) {
                found("client.services", service, path);
            }
        }
        if (place.at.port == 0) {  // the backend has no IP address
            return;
        }
        const std::vector<runtime::SocketAddress> to = runtime::known_addresses(place.at);
        for (const runtime::SocketAddress& at : endpoints_.dashboards) {
            if (std::ranges::any_of(to, [&at](const auto& each) { return runtime::ends_at(each, at); })) {
                found("client.services", service, at.text());
            }
        }
    }

    void found(std::string key, const std::string& what, const std::string& endpoint) {
        warnings_.push_back({std::move(key),
                             what + "leads to this program's own control API at " + endpoint +
                                 ", where the program's own connections are refused",
                             file_, 0, 0});
    }

    const Endpoints& endpoints_;
    const std::string& file_;
    std::vector<Problem> warnings_;
};

}  // namespace

std::vector<Problem> protected_endpoint_warnings(const ConfigFile& file) {
    if (!file.values.client) {
        return {};
    }
    const ClientPart& client = *file.values.client;
    Endpoints endpoints;
    endpoints.add(client.settings, "client");
    if (file.values.server) {
        endpoints.add(file.values.server->settings, "server");
    }
    Search search(endpoints, file.name);
    search.managed(client.settings.managed);
    for (const Tcp& tcp : client.services) {
        if (tcp.local == backend::exit_keyword) {
            search.exit(tcp);
        }
    }
    search.services(client.services);
    search.services(client.http_services);
    search.services(client.tls_services);
    return search.take();
}

}  // namespace ferrotunnel::detail
