#include "settings/keys_backend.hpp"

#include "settings/key_tables.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

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

}  // namespace ferrotunnel::detail
