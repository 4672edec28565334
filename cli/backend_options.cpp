#include "backend_options.hpp"

namespace ferrotunnel::cli {
namespace {

// The TLS settings of a service whose address says that its backend speaks TLS; else null.
BackendTls* tls_of(AnyService& service) {
    if (auto* tcp = std::get_if<Tcp>(&service)) {
        return tcp->local.starts_with("tls://") ? &tcp->backend_tls : nullptr;
    }
    if (auto* http = std::get_if<Http>(&service)) {
        return http->local.starts_with("https://") ? &http->backend_tls : nullptr;
    }
    return nullptr;
}

}  // namespace

std::vector<OptionInfo> backend_tls_options() {
    return {
        {"backend-ca", "FILE",
         "Check the certificates of backends that are written https://... or tls://... against the CAs in this PEM "
         "file. Default: the system's.",
         false},
        {"backend-insecure", "", "Take any certificate of such a backend: who is in between can read everything.",
         false},
    };
}

OptionInfo proxy_protocol_option() {
    return {"proxy-protocol", "v1|v2",
            "Tell backends who the visitor is, by a header of the PROXY protocol in front of the first byte.", false};
}

bool has_backend_options(const Options& options) {
    return options.has("backend-ca") || options.has("backend-insecure") || options.has("proxy-protocol");
}

void apply_backend_options(const Options& options, const std::vector<AnyService*>& services, Problems& problems) {
    const std::string ca = options.text("backend-ca").value_or("");
    const bool insecure = options.has("backend-insecure") && options.flag("backend-insecure", problems);
    const auto version = options.choice("proxy-protocol", {"v1", "v2"}, problems);
    bool any_tls = false;
    for (AnyService* service : services) {
        if (BackendTls* tls = tls_of(*service)) {
            any_tls = true;
            tls->ca_file = ca;
            tls->insecure = insecure;
        }
        if (version) {
            std::visit(
                [&](auto& one) { one.proxy_protocol = *version == "v1" ? ProxyProtocol::v1 : ProxyProtocol::v2; },
                *service);
        }
    }
    if (!any_tls && !services.empty() && (!ca.empty() || insecure)) {
        problems.add(options.place_of(ca.empty() ? "backend-insecure" : "backend-ca"),
                     "has no meaning: no backend is written https://... or tls://...");
    }
}

}  // namespace ferrotunnel::cli
