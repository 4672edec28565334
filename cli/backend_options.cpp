#include "backend_options.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <type_traits>

#include "ferrotunnel/detail/health_kinds.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr const char* of_tls[] = {"backend-ca", "backend-name", "backend-certificate", "backend-key",
                                  "backend-insecure"};

// The TLS settings of a service whose address makes its backend speak TLS; otherwise null.
BackendTls* tls_of(AnyService& service) {
    if (auto* tcp = std::get_if<Tcp>(&service)) {
        return tcp->local.starts_with("tls://") ? &tcp->backend_tls : nullptr;
    }
    if (auto* http = std::get_if<Http>(&service)) {
        const bool speaks_tls = http->local.starts_with("https://") || http->local.starts_with("h2://");
        return speaks_tls ? &http->backend_tls : nullptr;
    }
    return nullptr;
}

template <typename Description>
void set_proxy(Description& service, ProxyProtocol version) {
    service.proxy_protocol = version;
}

// Version 1 is for TCP only.
void set_proxy(Udp& service, ProxyProtocol version) {
    service.proxy_protocol = version == ProxyProtocol::v2 ? version : ProxyProtocol::off;
}

// A check that sends a request is only for HTTP services, and a UDP backend cannot be checked. False if the check does
// not fit this service.
template <typename Description>
bool set_health(Description& service, const HealthCheck& check) {
    if constexpr (std::is_same_v<Description, Udp>) {
        return false;
    } else {
        const bool fits = std::is_same_v<Description, Http> || !detail::health_kind(check.kind).sends_request;
        service.health = fits ? check : service.health;
        return fits;
    }
}

void apply_health(const Options& options, const std::vector<AnyService*>& services, Problems& problems) {
    const auto health = options.text("health");
    if (!health) {
        return;
    }
    const std::optional<HealthCheck> check = detail::health_check_of(*health);
    if (!check) {
        problems.add(options.place_of("health"), detail::expected_health_check() + ", found \"" + *health + '"');
        return;
    }
    bool any = services.empty();
    for (AnyService* service : services) {
        any = std::visit([&](auto& one) { return set_health(one, *check); }, *service) || any;
    }
    if (!any) {
        problems.add(options.place_of("health"),
                     "fits none of the services: a path is for HTTP services, and UDP services cannot be checked");
    }
}

}  // namespace

std::vector<OptionInfo> backend_tls_options() {
    return {
        {"backend-ca", "FILE", "",
         "Verify backends written as https://..., h2://... or tls://... against the CAs in this PEM file. Default: the "
         "system's."},
        {"backend-name", "NAME", "",
         "Name that the certificate of such a backend must have, and that is sent to it (SNI). Default: the host of "
         "its "
         "address."},
        {"backend-certificate", "FILE", "",
         "Client certificate (PEM, with its chain) for backends written as https://..., h2://... or tls://... that "
         "require one. Needs --backend-key."},
        {"backend-key", "FILE", "", "Key of --backend-certificate (PEM, without a passphrase)."},
        {"backend-insecure", "", "Accept any TLS certificate of the backend",
         "Accept any certificate of such a backend: anyone on the path to it can read and modify all traffic."},
    };
}

OptionInfo proxy_protocol_option() {
    return {"proxy-protocol", "v1|v2", "Send the visitor's address in a PROXY protocol header",
            "Send the visitor's address to backends, in a PROXY protocol header before the first byte."};
}

OptionInfo health_option() {
    return {
        "health", "PATH" + detail::health_words("|"), "Check the backend; accept visitors only while it is healthy",
        "Check regularly that the backends of HTTP services answer this path with 200 to 399, or that backends accept "
        "connections (`tcp`); visitors are accepted only while they do."};
}

OptionInfo group_option() {
    return {
        "group", "NAME", "Share the port or host with other clients of this group",
        "Share the port or host with other clients that have the same token and name this group: visitors are spread "
        "over them. Default: this client alone."};
}

bool has_backend_options(const Options& options) {
    return options.has("proxy-protocol") || options.has("health") || options.has("group") ||
           std::any_of(std::begin(of_tls), std::end(of_tls), [&](const char* name) { return options.has(name); });
}

void apply_backend_options(const Options& options, const std::vector<AnyService*>& services, Problems& problems) {
    apply_health(options, services, problems);
    for (AnyService* service : services) {
        std::visit([&](auto& one) { one.group.name = options.text("group").value_or(one.group.name); }, *service);
    }
    BackendTls wanted;
    wanted.ca_file = options.text("backend-ca").value_or("");
    wanted.server_name = options.text("backend-name").value_or("");
    wanted.certificate_file = options.text("backend-certificate").value_or("");
    wanted.key_file = options.text("backend-key").value_or("");
    wanted.insecure = options.has("backend-insecure") && options.flag("backend-insecure", problems);
    const auto version = options.choice("proxy-protocol", problems);
    bool any_tls = false;
    for (AnyService* service : services) {
        if (BackendTls* tls = tls_of(*service)) {
            any_tls = true;
            *tls = wanted;
        }
        if (version) {
            std::visit([&](auto& one) { set_proxy(one, *version == "v1" ? ProxyProtocol::v1 : ProxyProtocol::v2); },
                       *service);
        }
    }
    const auto is_udp = [](const AnyService* service) { return std::holds_alternative<Udp>(*service); };
    if (version == "v1" && !services.empty() && std::all_of(services.begin(), services.end(), is_udp)) {
        problems.add(options.place_of("proxy-protocol"), "v1 is for TCP only; a UDP service needs v2");
    }
    if (any_tls || services.empty() || wanted == BackendTls{}) {
        return;
    }
    for (const char* name : of_tls) {
        if (options.has(name)) {
            problems.add(options.place_of(name),
                         "has no effect: no backend is written as https://..., h2://... or tls://...");
            return;
        }
    }
}

}  // namespace ferrotunnel::cli
