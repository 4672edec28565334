#include "api/managed_services.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "admin/resources.hpp"
#include "api/described_service.hpp"
#include "backend/backend.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "net/ip_network.hpp"
#include "runtime/protected_endpoints.hpp"

namespace ferrotunnel::detail {
namespace {

using admin::Answer;
using admin::Json;

// The keys that a service of the server's administrator may have. The others name files of this machine, or are for its
// user to decide.
constexpr std::array<std::string_view, 9> allowed_keys{"name", "tcp",  "udp",  "tcp+udp", "http",
                                                       "tls",  "path", "bind", "local"};

// Shown in the status as the origin of a switch.
constexpr const char* by_server = "the server";

constexpr const char* ipv4_loopback = "127.0.0.1";

// The description with 127.0.0.1 for a bare port and for `localhost`: then it leads to a named target, and not to ::1
// too, which may not be one.
Json with_address(Json description) {
    const auto local = description.find("local");
    if (local == description.end() || !(local->is_string() || local->is_number())) {
        return description;
    }
    const std::string text = local->is_string() ? local->get<std::string>() : local->dump();
    const std::size_t colon = text.rfind(':');
    const std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
    const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);  // or a range of them
    if (port.find_first_not_of("0123456789-") == std::string::npos && (host.empty() || net::is_localhost(host))) {
        *local = std::string(ipv4_loopback) + ':' + port;
    }
    return description;
}

Answer forbidden(std::string message) {
    return admin::refusal(403, "forbidden", std::move(message));
}

// A service's name, and those of its parts: "web", "web/udp".
bool is_of(std::string_view name, std::string_view service) noexcept {
    return name == service || (name.starts_with(service) && name.substr(service.size()) == "/udp");
}

class ManagedServices final : public admin::ServiceSubject {
public:
    ManagedServices(admin::ServiceSubject& client, const exits::Destinations& targets, bool keeps)
        : client_(client), targets_(targets), keeps_(keeps) {}

    // The server's administrator sees only these services.
    Answer services() override {
        Json rows = Json::array();
        for (const Json& row : all()) {
            if (leads_to_target(row)) {
                rows.push_back(row);
            }
        }
        return {200, Json{{"services", std::move(rows)}}};
    }

    Answer add_service(const Json& description, bool) override {
        for (const auto& [key, value] : description.items()) {
            if (std::ranges::find(allowed_keys, key) == allowed_keys.end()) {
                return forbidden("A service of the server's administrator has no " + in_quotes(key) +
                                 ": it may have name, tcp, udp, tcp+udp, http, tls, path, bind and local.");
            }
        }
        const ConfigFile file = read_service(with_address(description), {});
        if (!file.problems.empty() || !file.values.client) {
            return invalid_service(file.problems);
        }
        std::optional<Answer> refused;
        const auto check = [&](const auto& services) {
            for (const auto& service : services) {
                if (!refused && !is_target(service.local)) {
                    refused = forbidden("The user of this client does not allow services to lead to " +
                                        in_quotes(service.local) + ": `client.managed` does not list it.");
                }
            }
        };
        check(file.values.client->services);
        check(file.values.client->http_services);
        check(file.values.client->tls_services);
        check(file.values.client->udp_services);
        return refused ? *refused : client_.add_service(with_address(description), keeps_);
    }

    Answer remove_service(const std::string& name, bool) override {
        const std::optional<Answer> refused = refuse(name);
        return refused ? *refused : client_.remove_service(name, keeps_);
    }

    Answer switch_service(const std::string& name, bool enabled, const std::string& by) override {
        const std::optional<Answer> refused = refuse(name);
        return refused ? *refused : client_.switch_service(name, enabled, by);
    }

private:
    Json all() const {
        const Answer answer = client_.services();
        return answer.body.value("services", Json::array());
    }

    // A name may resolve to any address, so targets are addresses. The client's own dashboard is not a target:
    // connections from the client have its user's rights there.
    bool is_target(std::string_view local) const {
        for (const wire::ServiceKind kind : {wire::ServiceKind::http, wire::ServiceKind::tcp}) {
            const auto place = backend::parse_backend_address(local, kind);
            if (place && place->unix_path.empty() && place->folder.empty() && !place->is_exit) {
                const auto address = net::parse_ip(place->at.host);
                const auto at = runtime::SocketAddress::from_ip(place->at);
                return address && targets_.allow(*address, place->at.port) && at &&
                       !runtime::is_protected_endpoint(*at);
            }
        }
        return false;
    }

    // Whether an existing service leads to a target. A bare port counts as 127.0.0.1.
    bool leads_to_target(const Json& row) const { return is_target(with_address(row).value("local", std::string())); }

    std::optional<Answer> refuse(const std::string& name) const {
        bool is_known = false;
        for (const Json& row : all()) {
            if (!is_of(row.value("name", std::string()), name)) {
                continue;
            }
            is_known = true;
            if (!leads_to_target(row)) {
                return forbidden(in_quotes(name) + " leads to an address that the user of this client does not allow.");
            }
        }
        return is_known ? std::nullopt
                        : std::optional(
                              admin::refusal(404, "not_found", "There is no service called " + in_quotes(name) + '.'));
    }

    admin::ServiceSubject& client_;
    const exits::Destinations& targets_;
    const bool keeps_;
};

wire::Managed told(const wire::Manage& request, const Answer& answer) {
    wire::Managed message{request.request, answer.status, ""};
    message.text = answer.body.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (message.text.size() > wire::manage_text_max) {
        return told(request, admin::refusal(413, "too_large", "The client's response is too large."));
    }
    return message;
}

}  // namespace

wire::Managed answer_of_managed(const wire::Manage& request, admin::ServiceSubject& client,
                                const exits::Destinations& targets, bool keeps, Logger& log) {
    const std::optional<Json> asked = admin::object_in(request.text);
    const auto text = [&asked](const char* key) {
        const auto found = asked ? asked->find(key) : Json::const_iterator();
        return asked && found != asked->end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (!asked || text("method").empty() || text("path").empty()) {
        return told(request, admin::refusal(400, "invalid", "A request has method, path and body."));
    }
    const std::string method = text("method");
    const std::string path = text("path");
    const std::string body = asked->value("body", Json::object()).dump();
    ManagedServices services(client, targets, keeps);
    const Answer answer = admin::answer_about_services({method, path, body}, services, by_server);
    if (method != "GET") {
        log.info("the server's administrator can manage services of this client",
                 {{"request", printable(method + ' ' + path, 200)}, {"status", std::size_t{answer.status}}});
    }
    return told(request, answer);
}

wire::Managed not_managed(const wire::Manage& request) {
    return told(request, forbidden("The user of this client does not allow its services to be managed: "
                                   "`client.managed` lists the addresses that "
                                   "the server's administrator may use."));
}

}  // namespace ferrotunnel::detail
