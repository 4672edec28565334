#include "settings/backend.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "backend/folder.hpp"
#include "base/text.hpp"
#include "net/host_name.hpp"
#include "net/host_port.hpp"
#include "settings/exits.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr Choice proxy_versions[] = {
    {"off", static_cast<std::uint64_t>(ProxyProtocol::off)},
    {"v1", static_cast<std::uint64_t>(ProxyProtocol::v1)},
    {"v2", static_cast<std::uint64_t>(ProxyProtocol::v2)},
};
constexpr SettingFacts of_backend[] = {
    {.key = "backend_ca",
     .form = Form::path,
     .help = "CAs that sign the certificate of a TLS backend, or that certificate itself. Default: the system's CAs."},
    {.key = "backend_certificate",
     .form = Form::path,
     .help = "Client certificate for a TLS backend that requests one: PEM, followed by its chain. With `backend_key`."},
    {.key = "backend_key",
     .form = Form::path,
     .help = "Private key of `backend_certificate`, PEM without a passphrase."},
    {.key = "backend_name",
     .type = "host",
     .help = "Name that the certificate of a TLS backend must have, and that is sent as SNI. Default: the host of "
             "`local`."},
    {.key = "backend_insecure",
     .form = Form::on_off,
     .help =
         "Accept any certificate of a TLS backend: anyone on the network path can then read and modify all traffic."},
    {.key = "proxy_protocol",
     .form = Form::choice,
     .choices = proxy_versions,
     .help = "Send the visitor's address to the backend in a header before the first byte. Each visitor of an HTTP "
             "service then has backend connections of its own. With `udp`: `v2`, before the first datagram."},
    {.key = "proxy_each",
     .form = Form::on_off,
     .help =
         "With `udp` and `proxy_protocol`: send the header before each datagram, as DNS servers expect, and not only "
         "before the first."},
};

const char* tls_form(wire::ServiceKind kind) {
    return kind == wire::ServiceKind::http ? "https://host:port or h2://host:port" : "tls://host:port";
}

bool is_server_name(const std::string& name) {
    return net::normal_host_name(name) || runtime::SocketAddress::from_ip(name, 0);
}

void check_backend_tls(const BackendSpec& words, const backend::BackendAddress& place, std::vector<Problem>& problems) {
    auto wrong = [&](std::string text) { problems.push_back({words.name, std::move(text)}); };
    if (!place.tls && words.tls != BackendTls{}) {
        wrong(std::string("settings for TLS with the backend need a `local` like ") + tls_form(words.kind));
        return;
    }
    if (words.tls.insecure && (!words.tls.ca_file.empty() || !words.tls.trust.empty())) {
        wrong("a backend's TLS cannot have a CA file and be insecure, which verifies no certificate");
    }
    if (!words.tls.ca_file.empty() && !words.tls.trust.empty()) {
        wrong("set either a CA file or a trust from memory for a backend's TLS, not both");
    }
    if (!words.tls.credential.empty() && !(words.tls.certificate_file.empty() && words.tls.key_file.empty())) {
        wrong("set either files or a credential from memory as the client certificate for a backend, not both");
    }
    if (words.tls.certificate_file.empty() != words.tls.key_file.empty()) {
        wrong("a client certificate for a backend needs two files: the certificate and its key");
    }
    if (!words.tls.server_name.empty() && !is_server_name(words.tls.server_name)) {
        wrong(in_quotes(words.tls.server_name) + " is not a valid name or address of a server");
    }
}

void check_folder(const BackendSpec& words, const std::string& folder, std::vector<Problem>& problems) {
    auto wrong = [&](std::string text) { problems.push_back({words.name, std::move(text)}); };
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
        wrong(in_quotes(words.local) + " cannot be opened: " + std::generic_category().message(errno));
    } else if (!S_ISDIR(status.st_mode)) {
        wrong(in_quotes(words.local) + " is not a folder");
    }
    if (words.proxy != ProxyProtocol::off) {
        wrong("`proxy_protocol` has no meaning for a service that serves a folder");
    }
}

// OpenSSL does not report why it cannot read a file.
bool are_readable(const BackendSpec& words, std::vector<Problem>& problems) {
    const std::size_t before = problems.size();
    for (const std::string* file : {&words.tls.ca_file, &words.tls.certificate_file, &words.tls.key_file}) {
        if (!file->empty() && ::access(file->c_str(), R_OK) != 0) {
            problems.push_back(
                {words.name, "cannot read the file \"" + *file + "\": " + std::generic_category().message(errno)});
        }
    }
    return problems.size() == before;
}

// For services without TLS settings for the backend: TLS passthrough, or datagrams.
const BackendTls no_backend_tls{};

}  // namespace

std::span<const SettingFacts> backend_keys() noexcept {
    return of_backend;
}

BackendSpec backend_spec(Tcp& service) {
    return {service.name, service.local, wire::ServiceKind::tcp, service.backend_tls, service.proxy_protocol,
            false,        &service};
}

BackendSpec backend_spec(Http& service) {
    return {service.name,        service.local,          wire::ServiceKind::http,
            service.backend_tls, service.proxy_protocol, service.listing};
}

BackendSpec backend_spec(Tls& service) {
    return {service.name, service.local, wire::ServiceKind::tls, no_backend_tls, service.proxy_protocol};
}

BackendSpec backend_spec(Udp& service) {
    BackendSpec words{service.name, service.local, wire::ServiceKind::udp, no_backend_tls, service.proxy_protocol};
    words.proxy_each = service.proxy_each;
    return words;
}

BackendKeys::BackendKeys(config::Section& service)
    : ca_(service.find("backend_ca")),
      certificate_(service.find("backend_certificate")),
      key_(service.find("backend_key")),
      name_(service.find("backend_name")),
      insecure_(service.find("backend_insecure")),
      proxy_(service.find("proxy_protocol")),
      proxy_each_(service.find("proxy_each")) {}

bool BackendKeys::read(BackendTls& tls) const {
    const auto ca = ca_ ? ca_->path() : std::nullopt;
    const auto name = name_ ? name_->word() : std::nullopt;
    const auto insecure = insecure_ ? insecure_->boolean() : std::nullopt;
    const auto certificate = certificate_ ? certificate_->path() : std::nullopt;
    const auto key = key_ ? key_->path() : std::nullopt;
    tls.ca_file = ca.value_or("");
    tls.certificate_file = certificate.value_or("");
    tls.key_file = key.value_or("");
    tls.server_name = name.value_or("");
    tls.insecure = insecure.value_or(false);
    return (ca || !ca_) && (certificate || !certificate_) && (key || !key_) && (name || !name_) &&
           (insecure || !insecure_);
}

bool BackendKeys::read(ProxyProtocol& proxy) const {
    if (!proxy_) {
        return true;
    }
    std::optional<std::uint64_t> version;
    const bool is_one = read_value(key_called(backend_keys(), "proxy_protocol"), *proxy_, version);
    config::assign(proxy, version);
    return is_one;
}

bool BackendKeys::check_files(const BackendSpec& words) const {
    // CA and certificate are tried one by one, so that each problem is reported at its key.
    auto are_good = [&](const BackendTls& tls, const std::optional<config::Value>& at) {
        std::vector<Problem> problems;
        if (at) {
            make_backend({words.name, words.local, words.kind, tls, words.proxy}, problems);
        }
        for (const Problem& problem : problems) {
            at->problem(problem.text);
        }
        return problems.empty();
    };
    BackendTls authority = words.tls;
    authority.certificate_file.clear();
    authority.key_file.clear();
    BackendTls own = words.tls;
    own.ca_file.clear();
    const bool authority_good = are_good(authority, ca_);
    return are_good(own, certificate_) && authority_good;
}

const config::Value* BackendKeys::any_tls() const noexcept {
    return ca_            ? &*ca_
           : certificate_ ? &*certificate_
           : key_         ? &*key_
           : name_        ? &*name_
           : insecure_    ? &*insecure_
                          : nullptr;
}

void check_backend(const BackendSpec& words, const char* example, std::vector<Problem>& problems) {
    if (words.local.empty()) {
        problems.push_back(
            {words.name, "missing `local`: the backend that visitors are forwarded to, like " + std::string(example)});
        return;
    }
    auto place = backend::parse_backend_address(words.local, words.kind);
    if (!place) {
        problems.push_back({words.name, in_quotes(words.local) + ' ' + place.error()});
        return;
    }
    words.local = backend::to_text(*place, words.kind);
    check_backend_tls(words, *place, problems);
    if (!place->folder.empty()) {
        check_folder(words, place->folder, problems);
    }
    if (words.exit != nullptr) {
        check_exit(*words.exit, problems);
    }
}

void check_no_backend(const BackendSpec& words, std::vector<Problem>& problems) {
    if (words.tls != BackendTls{}) {
        problems.push_back({words.name, "`backend_tls` has no meaning if the application itself serves"});
    }
    if (words.proxy != ProxyProtocol::off) {
        problems.push_back({words.name, "`proxy_protocol` has no meaning if the application itself serves"});
    }
}

backend::Backend make_backend(const BackendSpec& words, std::vector<Problem>& problems) {
    backend::Backend made;
    if (words.local.empty()) {
        return made;  // the service needs no backend
    }
    made.text = words.local;
    made.place = *backend::parse_backend_address(words.local, words.kind);
    if (!made.place.folder.empty()) {
        made.folder = std::make_shared<backend::Folder>(made.place.folder, words.listing);
    }
    if (made.place.is_exit && words.exit != nullptr) {
        made.exit = make_exit(*words.exit);
    }
    if (words.proxy != ProxyProtocol::off) {
        made.proxy = words.proxy == ProxyProtocol::v1 ? net::ProxyVersion::v1 : net::ProxyVersion::v2;
        made.proxy_each = words.proxy_each;
    }
    if (made.place.tls && are_readable(words, problems)) {
        transport::TlsBackendSettings tls;
        tls.server_name =
            words.tls.server_name.empty() ? std::string(net::without_zone(made.place.at.host)) : words.tls.server_name;
        tls.ca_file = words.tls.ca_file;
        tls.insecure = words.tls.insecure;
        tls.protocol = words.kind != wire::ServiceKind::http ? "" : made.place.http2 ? "h2" : "http/1.1";
        tls.certificate_file = words.tls.certificate_file;
        tls.key_file = words.tls.key_file;
        tls.trust = words.tls.trust.state();
        tls.credential = words.tls.credential.state();
        try {
            made.tls = transport::TlsContext::make_for_backend(tls);
        } catch (const transport::TlsConfigError& problem) {
            problems.push_back({words.name, problem.what()});
        }
    }
    return made;
}

}  // namespace ferrotunnel::detail
